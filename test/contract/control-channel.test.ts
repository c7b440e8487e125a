import fc from 'fast-check';
import { connectRedis, openRedis, RedisControlChannel, whenReady } from '../../src/stream';
import { readConfig } from '../../src/config';
import { laneId, parseProjectId, type StopRequest } from '../../src/protocol';
import { RefusalReport } from '../../src/stream/redis-refusals';
import { FLAVOURS, RedisServers, type RedisServer } from '../support/redis-servers';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { aStop, controlChannelContract, hearing } from './control-channel-contract';
import { MemoryControlChannel } from '../support/memory-control';

const SETTLING_MS = 200;

const stops: fc.Arbitrary<StopRequest> = fc.record(
  {
    projectId: fc.uuid().map((id) => parseProjectId(id) ?? aStop().projectId),
    runId: fc.string(),
    lanes: fc.array(fc.constantFrom(laneId('film'), laneId('image_generation', 3)), { maxLength: 3 }),
    before: fc.nat(),
  },
  { requiredKeys: ['projectId'] },
);
/** A value that no field of a stop can have. */
const odd = fc.constantFrom(null, -1, 0.5, true, {}, [7], ['/'], [null]);
const noStops = fc.oneof(
  fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  fc.oneof(fc.json(), fc.string()).map((text) => Buffer.from(text)),
  fc
    .tuple(stops, fc.constantFrom('projectId', 'runId', 'lanes', 'before', 'lane', '__proto__', 'toString'), odd)
    .map(([stop, name, value]) => Buffer.from(JSON.stringify({ ...stop, [name]: value }))),
);
const published = fc.oneof(
  stops.map((stop) => ({ stop, bytes: Buffer.from(JSON.stringify(stop)) })),
  noStops.map((bytes) => ({ stop: undefined, bytes })),
);

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

  async function open(
    url = server.url,
    settlingMs = SETTLING_MS,
    refusals = new RefusalReport(),
  ): Promise<RedisControlChannel> {
    const publisher = connectRedis(url, 'publisher');
    await whenReady(publisher, 5_000);
    const channel = new RedisControlChannel(publisher, () => connectRedis(url, 'control'), { settlingMs, refusals });
    closing.push(() => {
      channel.close();
      publisher.disconnect();
    });
    return channel;
  }

  controlChannelContract('The control channel', () => open());

  test('a stop reaches other processes', async () => {
    const [here, there] = [await open(), await open()];
    const { heard } = hearing(there);
    await until('it is up', () => there.isReady);
    const request = aStop();
    expect(await here.stop(request)).toBe(true);
    await until('it is received', () => heard.length > 0);
    expect(heard).toEqual([request]);
  });

  test('whatever is published, a stop stops exactly what it names, and anything else is counted and stops nothing', async () => {
    const lines: { times?: number; words: string }[] = [];
    let now = 0;
    const log = { warn: (fields: object, words: string) => void lines.push({ ...fields, words }) };
    const channel = await open(server.url, SETTLING_MS, new RefusalReport(log, () => (now += 60_000)));
    const { heard } = hearing(channel);
    await until('it is up', () => channel.isReady);
    const publisher = connectRedis(server.url, 'publisher');
    await whenReady(publisher, 5_000);
    closing.push(() => publisher.disconnect());
    await fc.assert(
      fc.asyncProperty(fc.array(published, { maxLength: 100 }), async (messages) => {
        const last = aStop();
        await Promise.all(messages.map(({ bytes }) => publisher.publish('story:control', bytes)));
        await publisher.publish('story:control', JSON.stringify(last));
        await until('the last one is received', () => heard.some(({ projectId }) => projectId === last.projectId));
        expect(heard.splice(0)).toEqual([...messages.flatMap(({ stop }) => stop ?? []), last]);
        expect(lines.splice(0).map(({ times, words }) => [times, words])).toEqual(
          messages.filter(({ stop }) => !stop).map(() => [1, expect.stringMatching(/ is no stop and is left out: \w/)]),
        );
      }),
      { numRuns: 20 },
    );
  });

  test('without Redis it is down, states at once that nobody was notified, and is reachable again after its return', async () => {
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
    await until('others can be reached again', () => here.stop(aStop()));
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
