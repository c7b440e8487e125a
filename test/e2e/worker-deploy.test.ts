import type { LogEvent, ProjectId, StoryEvent } from '../../src/protocol';
import { fromSetup } from '../support/services';
import { ownTopic, textSeen, typesOf, watchToEnd, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { WORKER_TEST_MS as TEST_MS, WorkerSuite } from '../support/worker-suite';

/** Less than the delay before a second retry, and far less than the 15 s after which a silent worker is given up. */
const AT_ONCE_MS = 2_500;
const HANGS_MS = 60_000;

const studio = new StudioControl();

describe('When a worker is told to stop,', () => {
  const suite = new WorkerSuite();

  async function begin(topic: string, scenes = 1): Promise<[ProjectId, Promise<StoryEvent[]>]> {
    const projectId = await suite.client.create({ topic, settings: { scenes } });
    await suite.client.start(projectId);
    return [projectId, watchToEnd(suite.client, projectId, TEST_MS)];
  }

  async function tokenAfter(projectId: ProjectId, time: number): Promise<LogEvent> {
    const isNew = (event: StoryEvent) => event.type === 'token' && event.timestamp * 1000 > time;
    return (await watchUntil(suite.client, projectId, isNew, TEST_MS)).at(-1) as LogEvent;
  }

  test(
    'a stream that ends within the grace time ends there, and what comes after it begins at once at another worker',
    async () => {
      const worker = await suite.startWorker({ SHUTDOWN_GRACE_MS: '30000' });
      const { topic, mark } = ownTopic();
      await studio.misbehave(mark, 'chat', { text: sentences(8), tokensPerSecond: 30 });
      const [projectId, watching] = await begin(topic);
      await watchUntil(suite.client, projectId, ({ type }) => type === 'token');
      await suite.startWorker();
      const told = Date.now();
      expect(await worker.stop()).toBe(0);
      expect(Date.now() - told).toBeLessThan(20_000);

      const events = await watching;
      expect(events.at(-1)?.type).toBe('pipeline_done');
      expect(typesOf(events)).not.toContain('reset');
      const done = events.find(({ type }) => type === 'done') as LogEvent;
      expect(done).toMatchObject({ lane: 'rewrite', attempt: 1 });
      expect(done.timestamp * 1000).toBeGreaterThan(told);
      const next = events.find((event) => event.type === 'token' && event.lane === 'storyboard');
      expect(((next?.timestamp ?? Infinity) - done.timestamp) * 1000).toBeLessThan(AT_ONCE_MS);
    },
    TEST_MS,
  );

  test(
    'a longer stream goes on at another worker when the grace time is over, or at the next one that comes, and viewers keep its text',
    async () => {
      const env = { STORYREEL_TEXT_CONTINUATION: 'prefill', SHUTDOWN_GRACE_MS: '500' };
      let worker = await suite.startWorker(env);
      const { topic, mark } = ownTopic();
      await studio.misbehave(mark, 'chat', { text: sentences(20), tokensPerSecond: 20 }, 4);
      const [projectId, watching] = await begin(topic);
      await watchUntil(suite.client, projectId, ({ type }) => type === 'token');
      for (const handover of ['to one that waits', 'to one that waits', 'to nobody yet']) {
        const next = handover === 'to nobody yet' ? undefined : await suite.startWorker(env);
        const told = Date.now();
        expect(await worker.stop()).toBe(0);
        const stopped = Date.now();
        expect(stopped - told).toBeLessThan(500 + 5_000);
        worker = next ?? (await suite.startWorker(env));
        const from = next ? told + 500 : Date.now();
        const token = await tokenAfter(projectId, stopped);
        expect(token.timestamp * 1000 - from).toBeLessThan(AT_ONCE_MS);
      }
      const events = await watching;
      expect(events.at(-1)?.type).toBe('pipeline_done');
      expect(typesOf(events)).not.toContain('reset');
      const resumed = events.filter((event) => event.type === 'resumed');
      expect(resumed.map(({ attempt, how }) => [attempt, how])).toEqual([2, 3, 4].map((n) => [n, 'prefill']));
      expect(events).toContainEqual(expect.objectContaining({ type: 'done', lane: 'rewrite', verified: true }));
      expect(textSeen(events, 'rewrite').trim()).toBe(sentences(20));
    },
    TEST_MS,
  );

  test(
    'a stream that nobody can go on from begins anew at once, and viewers are told; images and video jobs move on, too',
    async () => {
      const [first, second] = [await suite.startWorker(), await suite.startWorker()];
      const { topic, mark } = ownTopic();
      const text = sentences(12, mark);
      await studio.misbehave(mark, 'chat', { text, tokensPerSecond: 5 });
      await studio.misbehave(mark, 'chat', { text });
      await studio.misbehave(mark, 'image', { slow_first_token: HANGS_MS });
      await studio.misbehave(mark, 'image', { slow_first_token: HANGS_MS });
      const [projectId, watching] = await begin(topic);
      await watchUntil(suite.client, projectId, ({ type }) => type === 'token');
      let told = Date.now();
      // Whichever has the stream: the other one takes it over.
      expect(await first.stop()).toBe(0);
      const third = await suite.startWorker();
      expect(await second.stop()).toBe(0);

      const images = async () => (await studio.requests(mark)).filter(({ kind }) => kind === 'image').length;
      await until('the image is asked for', async () => (await images()) === 1);
      const fourth = await suite.startWorker();
      told = Date.now();
      expect(await third.stop()).toBe(0);
      await until('the image is asked for again', async () => (await images()) === 2, AT_ONCE_MS);
      expect(Date.now() - told).toBeLessThan(AT_ONCE_MS);

      const fifth = await suite.startWorker();
      expect(await fourth.stop()).toBe(0);
      await until('the video job is at the provider', async () => (await studio.jobsOf(projectId)).length === 1);
      await suite.startWorker();
      told = Date.now();
      expect(await fifth.stop()).toBe(0);
      const events = await watching;
      expect(events.at(-1)?.type).toBe('pipeline_done');
      expect(Date.now() - told).toBeLessThan(10_000);
      expect(await studio.jobsOf(projectId)).toHaveLength(1);
      const resets = events.filter((event) => event.type === 'reset');
      expect(resets.length).toBeGreaterThan(0);
      expect(resets.every(({ reason }) => reason === 'retry')).toBe(true);
    },
    TEST_MS,
  );

  test(
    'a Postgres that hangs for it does not hold up the hand-over, nor its end',
    async () => {
      const postgres = new URL(fromSetup('STORYREEL_TEST_POSTGRES_URL'));
      const proxy = await TcpProxy.start(Number(postgres.port));
      postgres.port = `${proxy.port}`;
      const worker = await suite.startWorker({ DATABASE_URL: postgres.href });
      const { topic, mark } = ownTopic();
      await studio.misbehave(mark, 'chat', { tokensPerSecond: 5 });
      const [projectId, watching] = await begin(topic);
      await watchUntil(suite.client, projectId, ({ type }) => type === 'token');
      await suite.startWorker();
      proxy.hang();
      const told = Date.now();
      expect(await worker.stop()).toBe(0);
      expect(Date.now() - told).toBeLessThan(5_000);
      expect((await watching).at(-1)?.type).toBe('pipeline_done');
      await proxy.close();
    },
    TEST_MS,
  );

  test(
    'it ends at once when it is told twice, whatever it does',
    async () => {
      const worker = await suite.startWorker({ SHUTDOWN_GRACE_MS: '60000' });
      const { topic, mark } = ownTopic();
      await studio.misbehave(mark, 'chat', { tokensPerSecond: 1 });
      const projectId = await suite.client.create({ topic, settings: { scenes: 1 } });
      await suite.client.start(projectId);
      await watchUntil(suite.client, projectId, ({ type }) => type === 'token');
      worker.tell('SIGTERM');
      await until('it has heard', () => worker.log.includes('DRAINING'));
      const told = Date.now();
      expect(await worker.stop()).toBe(130);
      expect(Date.now() - told).toBeLessThan(AT_ONCE_MS);
      await suite.client.cancel(projectId);
    },
    TEST_MS,
  );
});

function sentences(count: number, hero = 'the light'): string {
  return Array.from({ length: count }, (_, i) => `Then ${hero} went over hill ${i + 1}.`).join(' ');
}
