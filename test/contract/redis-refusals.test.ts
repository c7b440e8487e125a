import { Redis } from 'ioredis';
import { PIPELINE, type EventBody } from '../../src/protocol';
import { examineRedis } from '../../src/cli/services/examine-redis';
import { readConfig } from '../../src/config';
import { lackOfRedis } from '../../src/readiness';
import { connectRedis, openRedis, RedisEventLog, RefusalReport, whenReady } from '../../src/stream';
import { RedisServers, type RedisServer } from '../support/redis-servers';
import { until } from '../support/until';
import { append, begin, listen, newProject, writerOf } from './log-under-test';

const TOKENS = 30;
const told: EventBody = { type: 'stage_update', status: 'needs_attention' };

interface Refusal {
  readonly begin: (redis: Redis) => Promise<unknown>;
  readonly end: (redis: Redis) => Promise<unknown>;
}

const refusals: [string, Refusal][] = [
  [
    'OOM',
    {
      begin: (redis) => redis.config('SET', 'maxmemory', '1'),
      end: (redis) => redis.config('SET', 'maxmemory', '0'),
    },
  ],
  [
    'READONLY',
    {
      begin: (redis) => redis.replicaof('127.0.0.1', 1),
      end: (redis) => redis.replicaof('NO', 'ONE'),
    },
  ],
  [
    'NOPERM',
    {
      begin: (redis) => redis.acl('SETUSER', 'default', '-xadd'),
      end: (redis) => redis.acl('SETUSER', 'default', '+xadd'),
    },
  ],
];

describe('A Redis that refuses what it is asked', () => {
  let servers: RedisServers;
  let server: RedisServer;
  let redis: Redis;

  beforeAll(async () => {
    servers = RedisServers.open();
    server = await servers.start();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await servers.close();
  });

  async function open() {
    const lines: { cause?: string; err?: string }[] = [];
    const counted: string[] = [];
    const faults = {
      warn: (fields: object) => void lines.push(fields),
      refused: (cause: string) => void counted.push(cause),
    };
    const publisher = connectRedis(server.url, 'publisher');
    await whenReady(publisher, 5_000);
    const log = new RedisEventLog(publisher, () => connectRedis(server.url, 'subscriber'), {
      maxEntries: 1_000,
      legacy: 'off',
      refusals: new RefusalReport(faults),
    });
    return { log, lines, counted };
  }

  test.each(refusals)('by %s is logged once with its cause, and counted each time', async (cause, { begin, end }) => {
    const { log, lines, counted } = await open();
    const writer = writerOf(newProject(), 1);
    await begin(redis);
    try {
      for (let i = 0; i < TOKENS; i++) await expect(log.append({ writer, offset: 0, text: 'once' })).rejects.toThrow();
      const { projectId } = writer;
      await expect(log.publish({ projectId, stage: PIPELINE, events: [told] })).rejects.toMatchObject({
        type: 'Stream.Unavailable',
        message: expect.stringMatching(/^Redis refused to publish: /),
      });
    } finally {
      await end(redis);
    }
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ cause, err: expect.any(String) });
    expect(counted).toEqual(Array.from({ length: TOKENS + 1 }, () => cause));
    await log.close();
  });

  test('keeps what it may not announce, once, and states it', async () => {
    const { log, lines, counted } = await open();
    const writer = writerOf(newProject(), 1);
    const { projectId } = writer;
    const mark = { key: 'parked:rewrite', value: 1 };
    await redis.acl('SETUSER', 'default', 'resetchannels');
    try {
      expect(await log.append({ writer, offset: 0, text: 'kept' })).toEqual({ kind: 'ok', length: 4 });
      expect(await log.publish({ projectId, stage: PIPELINE, events: [told], once: mark })).toEqual({ kind: 'ok' });
      expect(await log.publish({ projectId, stage: PIPELINE, events: [told], once: mark })).toEqual({ kind: 'seen' });
    } finally {
      await redis.acl('SETUSER', 'default', 'allchannels');
    }
    const { cursor } = await log.snapshot(projectId);
    expect((await log.lane(projectId, writer.lane))?.text).toBe('kept');
    expect(await redis.xrevrange(`story:{${projectId}}:log`, '+', '-', 'COUNT', 1)).toMatchObject([[cursor, {}]]);
    expect(lines).toMatchObject([{ cause: 'NOPERM', asked: 'announce' }]);
    expect(counted).toEqual(['NOPERM', 'NOPERM']);
    await log.close();
  });

  test('that takes the right to listen away is heard again when it gives the right back, and ends no process', async () => {
    const { log, lines } = await open();
    const { projectId } = await begin(log);
    const heard = await listen(log, projectId);
    await redis.acl('SETUSER', 'default', 'resetchannels');
    try {
      await until('it is refused', () => lines.length > 0);
      expect(lines).toMatchObject([{ cause: 'NOPERM', asked: 'subscribe' }]);
    } finally {
      await redis.acl('SETUSER', 'default', 'allchannels');
    }
    await until('it listens again', () => heard.messages.length > 0);
    await append(log, writerOf(projectId, 1), 0, 'a');
    await until('the token is heard', () => heard.events().length > 0);
    heard.leave();
    await log.close();
  });

  test.each<[string, RegExp, string, Partial<Refusal>]>([
    ['OOM', /maxmemory/, '', refusals[0]?.[1] ?? {}],
    ['READONLY', /sentinels/, '', refusals[1]?.[1] ?? {}],
    ['NOPERM', /rights of docs/, '', refusals[2]?.[1] ?? {}],
    ['WRONGPASS', /user or the password/, '//nobody:pw@', {}],
    ['ERR DB index', /number of the database/, '/99', {}],
  ])(
    'by %s has this stated by the worker that waits and by doctor, with what to do',
    async (cause, advice, at, refusal) => {
      const url = at.startsWith('//') ? server.url.replace('//', at) : server.url + at;
      const config = readConfig({ ...process.env, REDIS_URL: url });
      await refusal.begin?.(redis);
      const opened = openRedis(config);
      try {
        const known = async () => {
          await opened.log.ready(200).catch(() => undefined);
          await opened.write();
        };
        // The right that is taken away here is not needed for the write.
        if (cause !== 'NOPERM') {
          const lack = await until('the cause is known', async () => {
            const found = await lackOfRedis(known);
            return found?.what.includes(cause) && found;
          });
          expect(lack.advice).toMatch(advice);
        }
        expect(await examineRedis(config)).toMatchObject({ ok: false, advice: expect.stringMatching(advice) });
      } finally {
        await refusal.end?.(redis);
        await opened.close();
      }
    },
  );

  test.each(refusals)('by %s takes what is asked again afterwards, once, whatever it had begun', async (_, refusal) => {
    const { log } = await open();
    const projectId = newProject();
    const writer = writerOf(projectId, 1);
    const mark = { key: 'parked:rewrite', value: 1 };
    const publish = () => log.publish({ projectId, stage: 'rewrite', writer, events: [told], once: mark });
    await log.publish({ projectId, stage: PIPELINE, events: [told] });
    const { cursor } = await log.snapshot(projectId);
    if (!cursor) throw new Error('the log has no event');
    await refusal.begin(redis);
    await expect(publish()).rejects.toThrow();
    await expect(publish()).rejects.toThrow();
    await refusal.end(redis);
    expect(await publish()).toEqual({ kind: 'ok' });
    expect(await publish()).toEqual({ kind: 'seen' });
    expect(await log.read(projectId, cursor, 10)).toMatchObject([{ type: 'stage_update', lane: 'rewrite' }]);
    await log.close();
  });
});

test('A cause that lasts is logged again after a minute, with how often it came; another one at once', () => {
  let now = 0;
  const lines: object[] = [];
  const report = new RefusalReport({ warn: (fields) => void lines.push(fields) }, () => now);
  const answers = ['OOM command not allowed', 'OOM again', 'READONLY You can not', 'OOM once more'];
  for (const answer of answers) report.answered('append', answer);
  now = 60_000;
  report.answered('append', 'OOM still');
  expect(lines).toMatchObject([
    { cause: 'OOM', times: 1 },
    { cause: 'READONLY', times: 1 },
    { cause: 'OOM', times: 3 },
  ]);
});
