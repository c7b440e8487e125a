export { moveSlot, NODES, ownerOf, SLOTS, startRedisCluster, type ClusterNode } from './cluster';
export { startRedisGroup, type RedisGroup } from './group';
export { FLAVOURS, RedisServers, type RedisServer } from './servers';
