import { connectRedis, MemoryControlChannel, openRedis, RedisControlChannel, whenReady } from '../../src/stream';
import { readConfig } from '../../src/config';
import { FLAVOURS, RedisServers, type RedisServer } from '../support/redis-servers';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { RefusalReport } from '../../src/stream/redis-refusals';
import { aStop, controlChannelContract, hearing } from './control-channel-contract';

const SETTLING_MS = 200;

controlChannelContract('The control channel in memory', () => Promise.resolve(new MemoryControlChannel()));

describe.each(FLAVOURS)('%s', (flavour) => {
  let servers: RedisServers;
  let server: RedisServer;
  const closing: (() => void)[] = [];
  beforeAll(async () => {
    servers = RedisServers.open();
    server = await servers.start(flavour);
  });
  afterEach(() => closing.splice(0).forEach((close) => close()));
  afterAll(() => servers.close());

  async function open(url = server.url, settlingMs = SETTLING_MS): Promise<RedisControlChannel> {
    const publisher = connectRedis(url, 'publisher');
    await whenReady(publisher, 5_000);
    const channel = new RedisControlChannel(publisher, () => connectRedis(url, 'control'), { settlingMs });
    closing.push(() => {
      channel.close();
      publisher.disconnect();
    });
    return channel;
  }

  controlChannelContract('The control channel', () => open());

  test('a stop reaches other processes, and what is no stop disturbs nobody', async () => {
    const [here, there] = [await open(), await open()];
    const { heard } = hearing(there);
    await until('it is up', () => there.isReady);
    const publisher = connectRedis(server.url, 'publisher');
    await whenReady(publisher, 5_000);
    for (const noise of ['', 'null', '{"projectId":7}', '{"projectId":"nobody"}']) {
      await publisher.publish('story:control', noise);
    }
    publisher.disconnect();
    const request = aStop();
    expect(await here.stop(request)).toBe(true);
    await until('it is heard', () => heard.length > 0);
    expect(heard).toEqual([request]);
  });

  test('without Redis it is down, says at once that nobody was told, and is heard again after its return', async () => {
    const [here, there] = [await open(), await open()];
    const { heard } = hearing(there);
    const own = hearing(here);
    await until('both are up', () => there.isReady && here.isReady);
    await server.kill();
    await until('it is down', () => !there.isReady);
    const asked = Date.now();
    expect(await here.stop(aStop())).toBe(false);
    expect(Date.now() - asked).toBeLessThan(6_000);
    // Lanes in the same process need no Redis.
    expect(own.heard).toHaveLength(1);
    await server.startAgain('gone');
    await until('it is up again', () => there.isReady);
    await until('it can be told again', () => here.stop(aStop()));
    await until('it is heard', () => heard.length > 0);
  });

  test('it is down for a moment after it has come up, because stops were missed before', async () => {
    const channel = await open(server.url, 60_000);
    const { heard } = hearing(channel);
    const other = await open();
    await until('it is heard', async () => {
      await other.stop(aStop());
      return heard.length > 0;
    });
    expect(channel.isReady).toBe(false);
  });

  test('a connection that was lost without a word is noticed and made anew', async () => {
    const proxy = await TcpProxy.start(server.port);
    closing.push(() => void proxy.close());
    const channel = await open(`redis://127.0.0.1:${proxy.port}`);
    const { heard } = hearing(channel);
    await until('it is up', () => channel.isReady);
    proxy.hang();
    await until('it is down', () => !channel.isReady);
    proxy.heal();
    await until('it is up again', () => channel.isReady);
    const other = await open();
    await other.stop(aStop());
    await until('it is heard', () => heard.length > 0);
  });

  test('a connection that was silent from its beginning is noticed and made anew', async () => {
    const proxy = await TcpProxy.start(server.port);
    closing.push(() => void proxy.close());
    proxy.hang();
    const url = `redis://127.0.0.1:${proxy.port}`;
    const publisher = connectRedis(server.url, 'publisher');
    const channel = new RedisControlChannel(publisher, () => connectRedis(url, 'control'), { settlingMs: SETTLING_MS });
    closing.push(() => {
      channel.close();
      publisher.disconnect();
    });
    const { heard } = hearing(channel);
    await until('it has a connection', () => proxy.connections > 0);
    proxy.heal();
    await until('it is up', () => channel.isReady);
    expect(await channel.stop(aStop())).toBe(true);
    expect(heard.length).toBeGreaterThan(0);
  });

  test('a right that the user gets later is enough: nothing has to be restarted', async () => {
    const admin = connectRedis(server.url, 'publisher');
    await whenReady(admin, 5_000);
    await admin.call('ACL', 'SETUSER', 'listener', 'on', '>pw', '+@all', '~*', 'resetchannels');
    const refused: unknown[] = [];
    const url = server.url.replace('redis://', 'redis://listener:pw@');
    const channel = new RedisControlChannel(admin, () => connectRedis(url, 'control'), {
      settlingMs: SETTLING_MS,
      refusals: new RefusalReport({ warn: () => undefined, refused: (cause) => refused.push(cause) }),
    });
    closing.push(() => {
      channel.close();
      admin.disconnect();
    });
    const { heard } = hearing(channel);
    await until('it is refused', () => refused.length > 0);
    expect(channel.isReady).toBe(false);
    await admin.call('ACL', 'SETUSER', 'listener', 'allchannels');
    await until('it is up', () => channel.isReady);
    const other = await open();
    await other.stop(aStop());
    await until('it is heard', () => heard.length > 0);
  });
});

test('With the settings of a worker, a Redis that was never there is down and holds up nobody', async () => {
  const redis = openRedis(readConfig({ REDIS_URL: 'redis://127.0.0.1:1' }));
  try {
    const { heard } = hearing(redis.control);
    const request = aStop();
    expect(await redis.control.stop(request)).toBe(false);
    expect(heard).toEqual([request]);
    expect(redis.control.isReady).toBe(false);
  } finally {
    await redis.close();
  }
});
