export {
  FLAVOURS,
  moveSlot,
  NODES,
  ownerOf,
  RedisServers,
  SLOTS,
  startRedisCluster,
  startRedisGroup,
  type ClusterNode,
  type RedisGroup,
  type RedisServer,
} from '../../dev/redis-servers';
