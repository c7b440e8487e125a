import { withRedis } from '../stack/outside-service';
import type { RedisServer, RedisServers } from './servers';
import { until } from './until';

/** A master, its replica, and a sentinel that promotes the replica. */
export interface RedisGroup {
  readonly url: string;
  readonly servers: readonly [RedisServer, RedisServer];
  /** The port of the server that the sentinel takes for the master. */
  master(): Promise<number>;
  /** Promotes the replica; returns when the sentinel reports it as the master. */
  failOver(): Promise<void>;
}

export async function startRedisGroup(
  all: RedisServers,
  flavour: Parameters<RedisServers['start']>[0],
): Promise<RedisGroup> {
  const soon = ['--repl-ping-replica-period', '1', '--repl-diskless-sync-delay', '0'];
  const first = await all.start(flavour, soon);
  const second = await all.start(flavour, [...soon, '--replicaof', `127.0.0.1 ${first.port}`]);
  const sentinel = await all.startSentinel(flavour ?? 'Valkey', first);
  await until('the replica is in step', () =>
    withRedis(second.url, 5_000, async (redis) => (await redis.info('replication')).includes('master_link_status:up')),
  );
  const ask = (...command: string[]) => withRedis(sentinel.url, 5_000, (redis) => redis.call('SENTINEL', ...command));
  const master = async () => Number(((await ask('GET-MASTER-ADDR-BY-NAME', 'mymaster')) as string[])[1]);
  await until('the sentinel knows the replica', async () => {
    const replicas = (await ask('REPLICAS', 'mymaster')) as string[][];
    return replicas.some((fields) => fields.includes(String(second.port)) && fields.includes('ok'));
  });
  return {
    url: `redis+sentinel://127.0.0.1:1,127.0.0.1:${sentinel.port}/mymaster`,
    servers: [first, second],
    master,
    failOver: async () => {
      const before = await master();
      await until('the sentinel begins', () =>
        ask('FAILOVER', 'mymaster').then(
          () => true,
          () => false,
        ),
      );
      await until('there is another master', async () => (await master()) !== before);
    },
  };
}
