import { withRedis } from '../../dev/stack/outside-service';
import {
  moveSlot,
  NODES,
  ownerOf,
  RedisServers,
  startRedisCluster,
  startRedisGroup,
  type RedisServer,
} from '../../dev/redis-servers';
import type { GapGround } from './ground';
import { Relay } from './relay';

/** Redis as a server, with sentinels, and as a cluster; each is started when its turn comes. */
export const redisGrounds: readonly (() => Promise<GapGround>)[] = [server, demotion, sentinels, cluster];

async function server(): Promise<GapGround> {
  const servers = RedisServers.open();
  const redis = await servers.start();
  const relay = await Relay.start(redis.port);
  return {
    env: { REDIS_URL: `redis://127.0.0.1:${relay.port}` },
    situations: [
      { name: 'Redis is killed, and back with nothing after 3 s', strike: () => away(redis) },
      {
        name: 'all connections to Redis are half-open',
        strike: () => {
          relay.forget();
          return Promise.resolve();
        },
      },
    ],
    close: async () => {
      relay.close();
      await servers.close();
    },
  };
}

async function demotion(): Promise<GapGround> {
  const servers = RedisServers.open();
  const [old, young] = [await servers.start(), await servers.start()];
  const relay = await Relay.start(old.port);
  return {
    env: { REDIS_URL: `redis://127.0.0.1:${relay.port}` },
    situations: [
      {
        name: 'Redis becomes a replica, and its connections stay open',
        strike: async () => {
          await withRedis(old.url, 5_000, (redis) => redis.replicaof('127.0.0.1', young.port));
          relay.leadTo(young.port);
        },
      },
    ],
    close: async () => {
      relay.close();
      await servers.close();
    },
  };
}

async function sentinels(): Promise<GapGround> {
  const servers = RedisServers.open();
  const group = await startRedisGroup(servers, 'Valkey');
  return {
    env: { REDIS_URL: group.url },
    situations: [
      { name: 'a sentinel replaces the master of Redis', strike: () => group.failOver() },
      {
        name: 'the master of Redis is killed, and a sentinel replaces it',
        strike: async () => {
          const port = await group.master();
          await group.servers.find((each) => each.port === port)?.kill();
          while ((await group.master()) === port) await new Promise((resolve) => setTimeout(resolve, 20));
        },
      },
    ],
    close: () => servers.close(),
  };
}

async function cluster(): Promise<GapGround> {
  const servers = RedisServers.open();
  const nodes = await startRedisCluster(servers);
  return {
    env: { REDIS_URL: nodes.map(({ url }) => url).join(','), REDIS_CLUSTER: 'on' },
    situations: [
      {
        name: `the slot of a project moves through ${NODES} nodes of a cluster`,
        strike: async (projectId) => {
          for (let times = 0; times < NODES; times++) await moveSlot(nodes, await ownerOf(nodes, projectId), projectId);
        },
      },
      {
        name: 'the master of a project in a cluster is killed, and back after 3 s',
        strike: async (projectId) => {
          const node = nodes[await ownerOf(nodes, projectId)];
          if (node) await away(node, 'kept');
        },
      },
    ],
    close: () => servers.close(),
  };
}

async function away(redis: RedisServer, data: 'kept' | 'gone' = 'gone'): Promise<void> {
  await redis.kill();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await redis.startAgain(data);
}
