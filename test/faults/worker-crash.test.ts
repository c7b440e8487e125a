import type { LogEvent } from '../../src/protocol';
import { ownTopic, sha256, textSeen, watchText, watchToEnd } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { WorkerSuite } from '../support/worker-suite';

describe('When a worker is killed with -9,', () => {
  const studio = new StudioControl();
  const suite = new WorkerSuite();

  test('in the middle of the tokens of a storyboard, the next worker finishes it and viewers hold exactly its text', async () => {
    const worker = await suite.startWorker();
    const { client } = suite;
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', {}, 1);
    await studio.misbehave(mark, 'chat', { hold: 60 }, 1);
    const projectId = await client.create({ topic, settings: { scenes: 2 } });
    await client.start(projectId);
    const watching = watchToEnd(client, projectId);
    await watchText(client, projectId, 80, 'storyboard');
    await worker.kill();
    await suite.startWorker();

    const events = await watching;
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(events.filter((event) => event.type === 'reset').map((event) => (event as LogEvent).lane)).toEqual([
      'storyboard',
    ]);
    const text = textSeen(events, 'storyboard');
    const done = events.find((event) => event.type === 'done' && event.lane === 'storyboard');
    expect(done).toMatchObject({ metadata: { length: Buffer.byteLength(text), sha256: sha256(text) } });
    const [late] = await watchToEnd(client, projectId);
    expect(late).toMatchObject({ type: 'snapshot', lanes: { storyboard: { text } } });
    // The rewrite was settled: it is not asked for, and not paid, again.
    const asked = (await studio.requests(mark)).filter(({ kind }) => kind === 'chat');
    expect(asked.filter(({ prompt }) => prompt.includes('screenwriter'))).toHaveLength(1);
    // What the dead worker had paid is known, and that it came to nothing.
    const { usage } = await client.status(projectId);
    expect(usage).toMatchObject({ estimated: true });
    expect(usage.wasted_tokens).toBeGreaterThan(20);
  });

  test('viewers keep their text and it continues, where the provider can continue from it', async () => {
    const worker = await suite.startWorker({ STORYREEL_TEXT_CONTINUATION: 'prefill' });
    const { client } = suite;
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { hold: 60 }, 1);
    const projectId = await client.create({ topic, settings: { scenes: 1 } });
    await client.start(projectId);
    const watching = watchToEnd(client, projectId);
    await watchText(client, projectId, 160);
    await worker.kill();
    await suite.startWorker({ STORYREEL_TEXT_CONTINUATION: 'prefill' });

    const events = await watching;
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(events.filter(({ type }) => type === 'reset')).toEqual([]);
    const resumed = events.find((event) => event.type === 'resumed');
    expect(resumed).toMatchObject({ lane: 'rewrite', how: 'prefill' });
    const text = textSeen(events, 'rewrite');
    expect(events.find((event) => event.type === 'done' && event.lane === 'rewrite')).toMatchObject({
      metadata: { length: Buffer.byteLength(text), sha256: sha256(text) },
    });
    expect((await client.status(projectId)).usage).toMatchObject({ wasted_tokens: 0, estimated: true });
  });

  test('a paused run stays paused, and continues from its half a sentence with the next worker', async () => {
    const env = { STORYREEL_TEXT_CONTINUATION: 'prefill' };
    const worker = await suite.startWorker(env);
    const { client } = suite;
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { hold: 60 }, 1);
    const projectId = await client.create({ topic, settings: { scenes: 1 } });
    await client.start(projectId);
    const watching = watchToEnd(client, projectId);
    await watchText(client, projectId, 100);
    await client.pause(projectId, { now: true });
    const isPaused = async () => {
      const { status, lanes } = await client.status(projectId);
      return status === 'paused' && lanes.some((row) => row.lane === 'rewrite' && row.status === 'paused');
    };
    await until('rows state it', isPaused);
    await worker.kill();
    expect(await isPaused()).toBe(true);

    await suite.startWorker(env);
    expect(await client.runStatus(projectId)).toMatchObject({ status: 'paused' });
    expect(await isPaused()).toBe(true);
    await client.resume(projectId);
    const events = await watching;
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(events.filter(({ type }) => type === 'reset')).toEqual([]);
    const text = textSeen(events, 'rewrite');
    const done = events.find((event) => event.type === 'done' && event.lane === 'rewrite');
    expect(done).toMatchObject({ metadata: { sha256: sha256(text) }, verified: true });
  });
});
