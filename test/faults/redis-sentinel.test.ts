import { readConfig } from '../../src/config';
import { openRedis, type OpenedRedis } from '../../src/stream';
import { startRedisGroup, type RedisGroup } from '../support/redis-servers';
import { FLAVOURS, RedisServers } from '../support/redis-servers';
import { until } from '../support/until';
import { openControlChannel } from '../contract/control-under-test';
import { controlChannelContract } from '../contract/control-channel-contract';
import { eventLogContract } from '../contract/event-log-contract';
import { append, begin, listen, writerOf } from '../contract/log-under-test';

describe.each(FLAVOURS)('A %s that sentinels watch', (flavour) => {
  let servers: RedisServers;
  let group: RedisGroup;

  beforeAll(async () => {
    servers = RedisServers.open();
    group = await startRedisGroup(servers, flavour);
  });
  afterAll(() => servers.close());

  const settings = () => ({ ...readConfig({ REDIS_URL: group.url }), LEGACY_CHANNELS: false });

  // What it is behind the sentinels makes no difference to the rules; test/contract/event-log.test.ts has both.
  if (flavour === 'Valkey') {
    eventLogContract(
      'The event log',
      async (maxEntries = 100_000) => {
        const log = openRedis({ ...settings(), LOG_MAX_EVENTS: maxEntries }).log;
        await log.ready(10_000);
        return log;
      },
      20,
    );

    controlChannelContract('The control channel', () => openControlChannel(settings()));
  }

  test('is followed to its new master by those that write and those that listen, there and back', async () => {
    const opened: OpenedRedis[] = [openRedis(settings()), openRedis(settings())];
    const [worker, viewer] = opened as [OpenedRedis, OpenedRedis];
    try {
      await Promise.all([worker.log.ready(10_000), viewer.log.ready(10_000)]);
      const { projectId } = await begin(worker.log);
      const heard = await listen(viewer.log, projectId);
      let fence = 0;
      for (let times = 0; times < 2; times++) {
        await group.failOver();
        // A new attempt each time, since what was written last may be lost with its master.
        fence += 1;
        await until('it takes writes, and they are heard', async () => {
          const before = heard.events().length;
          const reply = await append(worker.log, writerOf(projectId, fence), 0, `${fence}`).catch(() => undefined);
          fence += 1;
          return reply?.kind === 'ok' && (await soon(() => heard.events().length > before));
        });
      }
      heard.leave();
    } finally {
      await Promise.all(opened.map((redis) => redis.close()));
    }
  });
});

/** Whether it comes about within some looks. */
async function soon(look: () => boolean): Promise<boolean> {
  for (let looks = 0; looks < 20 && !look(); looks++) await new Promise((resolve) => setTimeout(resolve, 20));
  return look();
}
