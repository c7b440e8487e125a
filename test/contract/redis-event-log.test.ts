import { Redis } from 'ioredis';
import { laneId, LOG_BEGINNING, type ProjectId } from '../../src/protocol';
import { connectRedis, RedisEventLog, whenReady } from '../../src/stream';
import { FLAVOURS, RedisServers } from '../support/redis-servers';
import { textSeen, typesOf } from '../support/stories';
import { until } from '../support/until';
import { REWRITE, WatchedStory } from '../support/watched-story';
import { append, begin, listen, newProject, NOTE, writerOf } from './log-under-test';

type Legacy = ConstructorParameters<typeof RedisEventLog>[2]['legacy'];

const WEEK = 7 * 24 * 3_600;
const MAX_ENTRIES = 1_000;

describe.each(FLAVOURS)('The event log in %s, beyond the contract', (flavour) => {
  let servers: RedisServers;
  let url = '';
  let redis: Redis;
  const opened: RedisEventLog[] = [];
  const subscribers: Redis[] = [];

  beforeAll(async () => {
    servers = RedisServers.open();
    url = (await servers.start(flavour)).url;
    redis = new Redis(url);
  });
  afterAll(async () => {
    await Promise.all(opened.map((log) => log.close()));
    redis.disconnect();
    await servers.close();
  });

  async function open(legacy: Legacy): Promise<RedisEventLog> {
    const publisher = connectRedis(url, 'publisher');
    await whenReady(publisher, 5_000);
    const connectSubscriber = () => {
      const subscriber = connectRedis(url, 'subscriber');
      subscribers.push(subscriber);
      return subscriber;
    };
    const log = new RedisEventLog(publisher, connectSubscriber, {
      maxEntries: MAX_ENTRIES,
      legacy,
    });
    opened.push(log);
    return log;
  }

  /** What a client of the old product hears, that listens to every stage of a project. */
  async function oldClient(projectId: ProjectId) {
    const client = redis.duplicate();
    const heard: { stage: string; body: Record<string, unknown> }[] = [];
    client.on('pmessage', (_pattern: string, channel: string, message: string) => {
      const body = JSON.parse(message) as Record<string, unknown>;
      heard.push({ stage: channel.slice(`ai_story:project:${projectId}:stage:`.length), body });
    });
    await client.psubscribe(`ai_story:project:${projectId}:stage:*`);
    return { heard, close: () => client.disconnect() };
  }

  test('keeps all keys of a project under one hash tag, so that a cluster can run its scripts', async () => {
    const log = await open('off');
    const { projectId } = await begin(log);
    await append(log, writerOf(projectId, 1), 0, 'a');
    await append(log, writerOf(projectId, 1, laneId('camera_movement', 3)), 0, 'b');
    const names = (await redis.keys(`*${projectId}*`)).sort();
    expect(names).toEqual([
      `story:{${projectId}}:lanes`,
      `story:{${projectId}}:log`,
      `story:{${projectId}}:text:camera_movement/3`,
      `story:{${projectId}}:text:rewrite`,
    ]);
  });

  test('lets every key of a project expire, and takes it back from every one', async () => {
    const log = await open('off');
    const { projectId } = await begin(log);
    await append(log, writerOf(projectId, 1), 0, 'a');
    await append(log, writerOf(projectId, 1, laneId('camera_movement', 3)), 0, 'b');
    await log.expire(projectId, 500);
    expect(await lifetimes(projectId)).toHaveLength(4);
    for (const seconds of await lifetimes(projectId)) expect(Math.abs(seconds - 495)).toBeLessThan(6);
    await log.keep(projectId);
    expect(await lifetimes(projectId)).toHaveLength(4);
    for (const seconds of await lifetimes(projectId)) expect(seconds).toBeGreaterThan(WEEK - 60);
  });

  test('never has a key without an end, whoever dies when, and whatever comes after', async () => {
    const log = await open('off');
    const camera = laneId('camera_movement', 3);
    const note = { stage: 'rewrite', events: [NOTE] };
    const steps: ((projectId: ProjectId) => Promise<unknown>)[] = [
      (projectId) => log.publish({ projectId, stage: 'pipeline', events: [], once: { key: 'a', value: 1 } }),
      (projectId) => log.publish({ projectId, ...note, writer: writerOf(projectId, 1), needsBytes: 5 }),
      (projectId) => log.publish({ projectId, ...note, once: { key: 'b', value: 1 } }),
      (projectId) => append(log, writerOf(projectId, 2), 4, 'gap'),
      (projectId) => append(log, writerOf(projectId, 2), 0, ''),
      (projectId) => append(log, writerOf(projectId, 2), 0, 'first'),
      (projectId) => append(log, writerOf(projectId, 2), 5, ' token'),
      (projectId) => append(log, writerOf(projectId, 1, camera), 0, '{'),
      (projectId) => append(log, writerOf(projectId, 3), 5, 'resumed', { continued: 'prefill' }),
      (projectId) => append(log, writerOf(projectId, 4), 0, 'anew'),
      (projectId) => log.expire(projectId, 500),
      (projectId) => append(log, writerOf(projectId, 4), 4, ', late'),
      (projectId) => log.delete(projectId),
      (projectId) => append(log, writerOf(projectId, 4), 10, 'zombie'),
      (projectId) => append(log, writerOf(projectId, 4), 0, 'anew, late zombie'),
      (projectId) => log.keep(projectId),
    ];
    // Also each step as the first one that the server sees of the project.
    for (let first = 0; first < steps.length; first++) {
      const projectId = newProject();
      for (const step of steps.slice(first)) {
        await step(projectId);
        for (const seconds of await lifetimes(projectId)) expect(seconds).toBeGreaterThan(0);
      }
    }
  });

  test('is trimmed by its length; a viewer whose place was trimmed gets a snapshot, and then what comes', async () => {
    const story = new WatchedStory(await open('off'));
    await story.note('first');
    const { cursor } = await story.log.snapshot(story.projectId);
    if (!cursor) throw new Error('the log has no event');
    const text = 'x'.repeat(1_500);
    await story.write(text);
    expect(await redis.xlen(`story:{${story.projectId}}:log`)).toBeLessThan(MAX_ENTRIES + 150);
    expect(await story.log.read(story.projectId, cursor, 1)).toBeUndefined();
    const { seen, ended } = story.view({ from: cursor });
    await until('the snapshot', () => seen.length > 0);
    await story.write('y', { from: text.length });
    await story.end();
    await ended;
    expect(typesOf(seen)).toEqual(['snapshot', 'token', 'pipeline_done']);
    expect(textSeen(seen, REWRITE)).toBe(`${text}y`);
  });

  test('has a piece once that it refused half-way, whatever is wrong with its stream, as soon as it takes it', async () => {
    const log = await open('off');
    const { projectId, start } = await begin(log);
    const name = `story:{${projectId}}:log`;
    await append(log, writerOf(projectId, 1), 0, 'a');
    await redis.rename(name, `${name}:aside`);
    await redis.lpush(name, 'of another program');
    await expect(append(log, writerOf(projectId, 1), 1, 'b')).rejects.toThrow();
    await expect(append(log, writerOf(projectId, 2), 0, 'c')).rejects.toThrow();
    await expect(append(log, writerOf(projectId, 2), 1, 'c', { continued: 'prefill' })).rejects.toThrow();
    expect((await log.lane(projectId, writerOf(projectId, 1).lane))?.text).toBe('a');
    await redis.rename(`${name}:aside`, name);
    await append(log, writerOf(projectId, 2), 1, 'c', { continued: 'prefill' });
    expect(await log.read(projectId, start, 10)).toMatchObject([
      { type: 'token', content: 'a' },
      { type: 'resumed', offset: 1 },
      { type: 'token', offset: 1, content: 'c' },
    ]);
  });

  test('whose stream alone was evicted begins another one that expires, and notifies viewers of it', async () => {
    const log = await open('off');
    const { projectId, start } = await begin(log);
    const name = `story:{${projectId}}:log`;
    await append(log, writerOf(projectId, 1), 0, 'a');
    const heard = await listen(log, projectId);
    await redis.del(name);
    await append(log, writerOf(projectId, 1), 1, 'b');
    await until('the token is heard', () => heard.messages.length > 0);
    expect(heard.messages).toMatchObject([{ previousId: LOG_BEGINNING, event: { offset: 1, content: 'b' } }]);
    expect(await log.read(projectId, start, 10)).toBeUndefined();
    expect(await redis.ttl(name)).toBeGreaterThan(WEEK - 60);
    heard.leave();
  });

  test('sets no end with every token', async () => {
    const log = await open('off');
    const { projectId } = await begin(log);
    await append(log, writerOf(projectId, 1), 0, 'x');
    const before = await expireCalls();
    for (let i = 1; i < 100; i++) await append(log, writerOf(projectId, 1), i, 'x');
    expect(await expireCalls()).toBe(before);
  });

  async function lifetimes(projectId: ProjectId): Promise<number[]> {
    return Promise.all((await redis.keys(`story:{${projectId}}:*`)).map((name) => redis.ttl(name)));
  }

  async function expireCalls(): Promise<number> {
    const calls = /^cmdstat_expire:calls=(\d+)/m.exec(await redis.info('commandstats'))?.[1];
    return Number(calls ?? 0);
  }

  test('gives an old client its tokens in the old form, as what was added', async () => {
    const log = await open('on');
    const projectId = newProject();
    const client = await oldClient(projectId);
    await append(log, writerOf(projectId, 1), 0, 'Say "雨"');
    await append(log, writerOf(projectId, 1), 9, '\n🎬');
    await until('two tokens', () => client.heard.length === 2);
    expect(client.heard).toEqual([
      { stage: 'rewrite', body: oldToken('Say "雨"') },
      { stage: 'rewrite', body: oldToken('\n🎬') },
    ]);
    const age = Date.now() / 1000 - Number(client.heard[0]?.body['timestamp']);
    expect(Math.abs(age)).toBeLessThan(60);
    client.close();

    function oldToken(content: string) {
      return {
        type: 'token',
        project_id: projectId,
        stage: 'rewrite',
        timestamp: expect.any(Number) as number,
        content,
      };
    }
  });

  test('puts the whole text into every token only where that is asked for', async () => {
    const log = await open('full');
    const projectId = newProject();
    const client = await oldClient(projectId);
    await append(log, writerOf(projectId, 1), 0, 'a雨');
    await append(log, writerOf(projectId, 1), 4, 'b');
    await append(log, writerOf(projectId, 2), 0, 'anew');
    await until('three tokens', () => client.heard.length === 3);
    expect(client.heard.map(({ body }) => [body['content'], body['full_text']])).toEqual([
      ['a雨', 'a雨'],
      ['b', 'a雨b'],
      ['anew', 'anew'],
    ]);
    client.close();
  });

  test('gives an old client no token twice, and none of an attempt that was refused', async () => {
    const log = await open('on');
    const projectId = newProject();
    const client = await oldClient(projectId);
    await append(log, writerOf(projectId, 2), 0, 'ab');
    await append(log, writerOf(projectId, 2), 0, 'ab');
    await append(log, writerOf(projectId, 1), 2, 'zombie');
    await append(log, writerOf(projectId, 2), 0, 'abc');
    await until('two tokens', () => client.heard.length === 2);
    expect(client.heard.map(({ body }) => body['content'])).toEqual(['ab', 'c']);
    client.close();
  });

  test('keeps the tokens of single scenes from old clients, who could not tell them apart', async () => {
    const log = await open('full');
    const projectId = newProject();
    const client = await oldClient(projectId);
    await append(log, writerOf(projectId, 1, laneId('camera_movement', 1)), 0, 'left');
    await append(log, writerOf(projectId, 1), 0, 'whole');
    await until('a token', () => client.heard.length > 0);
    expect(client.heard.map(({ stage }) => stage)).toEqual(['rewrite']);
    client.close();
  });

  test('publishes to old clients what is meant for them, and nothing where they are not served', async () => {
    const projectId = newProject();
    const client = await oldClient(projectId);
    const body = { type: 'done', full_text: '雨' };
    for (const legacy of ['off', 'on'] as const) {
      const log = await open(legacy);
      await append(log, writerOf(projectId, legacy === 'off' ? 1 : 2), 0, legacy);
      await log.publish({ projectId, stage: 'rewrite', events: [], legacy: [{ stage: 'film', body }] });
    }
    await until('both messages', () => client.heard.length >= 2);
    expect(client.heard).toMatchObject([
      { stage: 'rewrite', body: { type: 'token', content: 'on' } },
      { stage: 'film', body: { ...body, project_id: projectId, stage: 'film' } },
    ]);
    client.close();
  });

  test('notifies every listener when events may have been missed, and what comes after', async () => {
    const log = await open('off');
    const { projectId } = await begin(log);
    const heard = await listen(log, projectId);
    subscribers.at(-1)?.disconnect(true);
    await until('interrupted', () => heard.messages.some(({ kind }) => kind === 'interrupted'));
    await until('hears again', async () => {
      await append(log, writerOf(projectId, 1), 0, 'a');
      return heard.events().length > 0;
    });
    heard.leave();
  });

  test('after an interruption, states it only when nothing is missed any more', async () => {
    const log = await open('off');
    const { projectId } = await begin(log);
    const heard = await listen(log, projectId);
    for (let cuts = 1; cuts <= 10; cuts++) {
      subscribers.at(-1)?.disconnect(true);
      await until('interrupted', () => heard.messages.filter(({ kind }) => kind === 'interrupted').length === cuts);
      const { kind } = await append(log, writerOf(projectId, 1), cuts - 1, 'a');
      expect(kind).toBe('ok');
      await until('heard', () => heard.events().at(-1)?.type === 'token' && heard.events().length === cuts);
    }
    heard.leave();
  });

  test('survives what it cannot read, on a channel and in the log, and gives what comes after', async () => {
    const log = await open('off');
    const { projectId, start } = await begin(log);
    const heard = await listen(log, projectId);
    const odd = ['', 'x', '1-0 0-0', '1-0 0-0 {', '1-0 0-0 null', '1-0 0-0 ["t","rewrite",1]', 'a b ["t"]'];
    for (const message of odd) await redis.publish(`story:${projectId}`, message);
    for (const payload of ['', '{', '["x","rewrite"]']) await redis.xadd(`story:{${projectId}}:log`, '*', 'e', payload);
    await append(log, writerOf(projectId, 1), 0, 'a');
    await until('the token is heard', () => heard.events().length === 1);
    expect(heard.messages).toHaveLength(odd.length + 1);
    for (const limit of [1, 10]) {
      expect(await log.read(projectId, start, limit)).toMatchObject([{ type: 'token', content: 'a' }]);
    }
    heard.leave();
  });

  test('holds one connection for all listeners, and none for a process that only writes', async () => {
    const before = subscribers.length;
    const log = await open('off');
    const one = await begin(log);
    expect(subscribers).toHaveLength(before);
    const heard = await Promise.all([
      listen(log, one.projectId),
      listen(log, one.projectId),
      listen(log, newProject()),
    ]);
    expect(subscribers).toHaveLength(before + 1);
    heard.forEach(({ leave }) => leave());
  });

  test('misses nothing of whoever listened while the connection was being made', async () => {
    const log = await open('off');
    const projects = Array.from({ length: 20 }, newProject);
    const early = projects.slice(0, 4).map((projectId) => listen(log, projectId));
    // Connected, but not ready yet: the library greets the server first.
    await new Promise<void>((resolve) => subscribers.at(-1)?.once('connect', resolve));
    const heard = await Promise.all([...early, ...projects.slice(4).map((projectId) => listen(log, projectId))]);
    for (const projectId of projects) await append(log, writerOf(projectId, 1), 0, 'a');
    await until('every listener has heard of its token', () => heard.every(({ events }) => events().length === 1));
    for (const { leave } of heard) leave();
  });

  test('leaves the channel of a project once nobody listens any more', async () => {
    const log = await open('off');
    const { projectId } = await begin(log);
    const channel = `story:${projectId}`;
    const one = await listen(log, projectId);
    const two = await listen(log, projectId);
    one.leave();
    expect(await redis.pubsub('NUMSUB', channel)).toEqual([channel, 1]);
    two.leave();
    await until('nobody subscribed', async () => (await redis.pubsub('NUMSUB', channel))[1] === 0);
  });

  test('leaves a silent connection by its pulse, not by the timer of the library, which would end the next one', () => {
    const publisher = connectRedis('redis://127.0.0.1:1', 'publisher');
    expect(publisher.options.socketTimeout).toBeUndefined();
    publisher.disconnect();
  });

  test('rejects at once while the server is away, instead of holding its caller up', async () => {
    const publisher = connectRedis('redis://127.0.0.1:1', 'publisher');
    const log = new RedisEventLog(publisher, () => connectRedis('redis://127.0.0.1:1', 'subscriber'), {
      maxEntries: 1_000,
      legacy: 'off',
    });
    opened.push(log);
    const projectId = newProject();
    const began = Date.now();
    await expect(append(log, writerOf(projectId, 1), 0, 'a')).rejects.toThrow();
    await expect(log.snapshot(projectId)).rejects.toThrow();
    expect(Date.now() - began).toBeLessThan(10_000);
  });
});
