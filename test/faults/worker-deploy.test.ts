import { readConfig } from '../../src/config';
import { workflowIdOf, type ProjectId, type StoryEvent } from '../../src/protocol';
import { AN_HOUR_MS, fromSetup } from '../support/services';
import { ownTopic, startAndWatch, textSeen, typesOf, watchText, withTemporal } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { WorkerSuite } from '../support/worker-suite';
import type { WorkerProcess } from '../support/worker-process';

const studio = new StudioControl();

describe('When a worker is asked to stop,', () => {
  const suite = new WorkerSuite();

  async function create(topic: string): Promise<ProjectId> {
    return suite.client.create({ topic, settings: { scenes: 1 } });
  }

  function begin(projectId: ProjectId): Promise<StoryEvent[]> {
    const watching = startAndWatch(suite.client, projectId);
    watching.catch(() => undefined);
    return watching;
  }

  /** Asks it to stop, and returns when it has begun to: with its exit code, once it has ended. */
  async function stopping(worker: WorkerProcess): Promise<{ code: Promise<number | null> }> {
    const code = worker.stop();
    code.catch(() => undefined);
    await until('it has heard', () => worker.log.includes('DRAINING'));
    return { code };
  }

  /** How often each activity was begun, without the wait that follows a failure: each time as a first attempt. */
  async function begunAtOnce(projectId: ProjectId): Promise<Record<string, number>> {
    const { events } = await withTemporal(readConfig(suite.env), (client) =>
      client.workflow.getHandle(workflowIdOf(projectId)).fetchHistory(),
    );
    const attempts = (events ?? []).flatMap(
      ({ activityTaskStartedEventAttributes: started }) => started?.attempt ?? [],
    );
    expect(new Set(attempts)).toEqual(new Set([1]));
    const ids = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: task }) => task?.activityId ?? []);
    return Object.fromEntries(ids.map((id) => [id, ids.filter((other) => other === id).length]));
  }

  async function asked(mark: string, kind: string): Promise<number> {
    return (await studio.requests(mark)).filter((request) => request.kind === kind).length;
  }

  test('a stream that ends within the grace time ends there, and what comes after it begins at once at another worker', async () => {
    const worker = await suite.startWorker({ SHUTDOWN_GRACE_MS: AN_HOUR_MS });
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { text: sentences(8), hold: 10 });
    const projectId = await create(topic);
    const watching = begin(projectId);
    await watchText(suite.client, projectId);
    const next = await suite.startWorker();
    const { code } = await stopping(worker);
    await studio.release(mark);
    expect(await code).toBe(0);

    const events = await watching;
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(typesOf(events)).not.toContain('reset');
    expect(events.find(({ type }) => type === 'done')).toMatchObject({ lane: 'rewrite', attempt: 1 });
    expect(await begunAtOnce(projectId)).toMatchObject({ rewrite: 1, storyboard: 1, film: 1 });
    expect(next.log).not.toContain('rewrite');
  });

  test('a longer stream continues at another worker when the grace time is over, or at the next one that comes, and viewers keep its text', async () => {
    const env = { STORYREEL_TEXT_CONTINUATION: 'prefill', SHUTDOWN_GRACE_MS: '500' };
    let worker = await suite.startWorker(env);
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { text: sentences(20), hold: 20 }, 4);
    const projectId = await create(topic);
    const watching = begin(projectId);
    const isHeld = (attempt: number) =>
      until(
        `attempt ${attempt} is in mid-stream`,
        async (saw) => saw(await studio.requests(mark))[attempt - 1]?.tokensSent === 20,
      );
    for (const [before, handover] of ['to one that waits', 'to one that waits', 'to nobody yet'].entries()) {
      await isHeld(before + 1);
      const next = handover === 'to nobody yet' ? undefined : await suite.startWorker(env);
      expect(await worker.stop()).toBe(0);
      worker = next ?? (await suite.startWorker(env));
    }
    await isHeld(4);
    await studio.release(mark);
    const events = await watching;
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(typesOf(events)).not.toContain('reset');
    const resumed = events.filter((event) => event.type === 'resumed');
    expect(resumed.map(({ attempt, how }) => [attempt, how])).toEqual([2, 3, 4].map((n) => [n, 'prefill']));
    expect(events).toContainEqual(expect.objectContaining({ type: 'done', lane: 'rewrite', verified: true }));
    expect(textSeen(events, 'rewrite').trim()).toBe(sentences(20));
    expect(await begunAtOnce(projectId)).toMatchObject({ rewrite: 4 });
  });

  test('a stream that nobody can continue from begins anew at once, and viewers are notified; images and video jobs move on, too', async () => {
    const [first, second] = [await suite.startWorker(), await suite.startWorker()];
    const { topic, mark } = ownTopic();
    const text = sentences(12, mark);
    const rewrite = `Topic: ${topic}`;
    await studio.misbehave(rewrite, 'chat', { text, hold: 10 }, 3);
    await studio.misbehave(mark, 'image', { hold: 0 }, 2);
    const projectId = await create(topic);
    const watching = begin(projectId);
    await watchText(suite.client, projectId);
    // Whichever has the stream: the other one takes it over.
    expect(await first.stop()).toBe(0);
    const third = await suite.startWorker();
    expect(await second.stop()).toBe(0);
    await until('the text is asked for again', async () => (await asked(mark, 'chat')) > 1);
    await studio.release(rewrite);

    await until('the image is asked for', async () => (await asked(mark, 'image')) === 1);
    const fourth = await suite.startWorker();
    expect(await third.stop()).toBe(0);
    await until('the image is asked for again', async () => (await asked(mark, 'image')) === 2);

    const fifth = await suite.startWorker();
    expect(await fourth.stop()).toBe(0);
    await until('the video job is at the provider', async () => (await studio.jobsOf(projectId)).length === 1);
    await suite.startWorker();
    expect(await fifth.stop()).toBe(0);
    const events = await watching;
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(await studio.jobsOf(projectId)).toHaveLength(1);
    const resets = events.filter((event) => event.type === 'reset');
    expect(resets.length).toBeGreaterThan(0);
    expect(resets.every(({ reason }) => reason === 'retry')).toBe(true);
    await begunAtOnce(projectId);
  });

  test('a Postgres that hangs for it does not hold up the hand-over, nor its end', async () => {
    const postgres = new URL(fromSetup('STORYREEL_TEST_POSTGRES_URL'));
    const proxy = await TcpProxy.start(Number(postgres.port));
    postgres.port = `${proxy.port}`;
    const worker = await suite.startWorker({ DATABASE_URL: postgres.href });
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 10 });
    const projectId = await create(topic);
    const watching = begin(projectId);
    await watchText(suite.client, projectId);
    await suite.startWorker();
    proxy.hang();
    expect(await worker.stop()).toBe(0);
    expect((await watching).at(-1)?.type).toBe('pipeline_done');
    await proxy.close();
  });

  test('it ends at once when it is asked twice, whatever it does', async () => {
    const worker = await suite.startWorker({ SHUTDOWN_GRACE_MS: AN_HOUR_MS });
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 10 });
    const projectId = await create(topic);
    await suite.client.start(projectId);
    await watchText(suite.client, projectId);
    worker.tell('SIGTERM');
    await until('it has heard', () => worker.log.includes('DRAINING'));
    expect(await worker.stop()).toBe(130);
    await suite.client.cancel(projectId);
  });
});

function sentences(count: number, hero = 'the light'): string {
  return Array.from({ length: count }, (_, i) => `Then ${hero} went over hill ${i + 1}.`).join(' ');
}
