import type { ProjectId, StoryEvent } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import {
  isParked,
  ownTopic,
  sha256,
  startAndWatch,
  streamingStory,
  textSeen,
  typesOf,
  watchText,
  watchToEnd,
  watchUntil,
  withTemporal,
  workflowOf,
} from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

describe('When a provider misbehaves', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp({ FIRST_TOKEN_TIMEOUT_MS: '5000', INTER_CHUNK_TIMEOUT_MS: '3000' });
  });
  afterAll(() => app.close());

  async function begin(topic: string, settings = { scenes: 1 }): Promise<ProjectId> {
    const projectId = await app.client.create({ topic, settings });
    await app.client.start(projectId);
    return projectId;
  }

  async function stored(projectId: ProjectId): Promise<string> {
    const [snapshot] = await watchToEnd(app.client, projectId);
    return snapshot?.type === 'snapshot' ? (snapshot.lanes['rewrite' as never] as { text: string }).text : '';
  }

  test.each([
    ['cuts the stream', { cut: 20 }],
    ['stalls in mid-stream', { stall: 20 }],
    ['ends without a finish reason', { no_finish: 20 }],
    ['sends no first token', { slow_first_token: 60_000 }],
    ['answers 500', { status: 500 }],
    ['answers 429 and when to come back', { status: 429, retryAfter: 1 }],
  ])('by what %s, the lane is tried again and its viewer ends with the whole text', async (_, fault) => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', fault);
    const projectId = await begin(topic);
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    const text = textSeen(events, 'rewrite');
    expect(text).toBe(await stored(projectId));
    const done = events.find((event) => event.type === 'done' && event.lane === 'rewrite');
    expect(done).toMatchObject({ attempt: 2, metadata: { length: Buffer.byteLength(text), sha256: sha256(text) } });
  });

  test('every byte of a character can come by itself', async () => {
    const { topic, mark } = ownTopic('一个收集风暴的灯塔看守人 🗼🌩️👩‍👩‍👧');
    await studio.misbehave(mark, 'any', { utf8_split: true }, 20);
    const projectId = await begin(topic);
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    const text = textSeen(events, 'rewrite');
    expect(text).toMatch(/\p{Script=Han}{5}/u);
    expect(text).not.toContain('\ufffd');
    expect(text).toBe(await stored(projectId));
  });

  test('an emoji and Chinese text reach viewer and store byte for byte', async () => {
    const exact = '灯塔 👩‍🚒 says “grüß Gott” — 🌊\n\n第二段。𝒳';
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { text: exact });
    const projectId = await begin(topic);
    const events = await watchUntil(
      app.client,
      projectId,
      (event) => event.type === 'done' && event.lane === 'rewrite',
    );
    expect(textSeen(events, 'rewrite')).toBe(exact);
    await watchToEnd(app.client, projectId);
    expect(await stored(projectId)).toBe(exact);
  });

  test('a storyboard that cannot be used is asked for again, with what was wrong', async () => {
    const { topic, mark } = ownTopic();
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await studio.misbehave(mark, 'chat', {}, 1);
    await studio.misbehave(mark, 'chat', { bad_json: 'missing_field' } as never, 1);
    await app.client.start(projectId);
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(events.find(({ type }) => type === 'reset')).toMatchObject({ lane: 'storyboard', reason: 'retry' });
  });

  test('three answers that cannot be used park the lane, and a retry finishes the film', async () => {
    const { topic, mark } = ownTopic();
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await studio.misbehave(mark, 'chat', {}, 1);
    await studio.misbehave(mark, 'chat', { bad_json: 'not_json' } as never, 3);
    const events = await startAndWatch(app.client, projectId, ({ type }) => type === 'attention');
    expect(events.at(-1)).toMatchObject({
      lane: 'storyboard',
      error: { type: 'Output.Unusable', retryable: false },
      commands: [`storyreel retry ${projectId} storyboard`, `storyreel cancel ${projectId}`],
    });
    expect((await studio.requests(mark)).filter(({ kind }) => kind === 'chat')).toHaveLength(4);
    const status = await app.client.status(projectId);
    expect(status).toMatchObject({ status: 'needs_attention', error: { type: 'Output.Unusable' } });
    const open = await withTemporal(app.config, (client) => workflowOf(client, projectId).describe());
    expect(open.status.name).toBe('RUNNING');
    expect(open.searchAttributes).toMatchObject({ StoryStatus: ['needs_attention'] });

    await expect(app.client.retry(projectId, 'film')).rejects.toMatchObject({ type: 'Message.Stale' });
    expect(await app.client.retry(projectId, 'storyboard')).toEqual(['storyboard']);
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    expect(await app.client.status(projectId)).toMatchObject({ status: 'completed' });
  });

  test('a signal with plain JSON retries a parked lane as well, and twice is once', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { status: 401 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    const events = await startAndWatch(app.client, projectId, ({ type }) => type === 'attention');
    expect(events.at(-1)).toMatchObject({ lane: 'rewrite', error: { type: 'Provider.Unauthorized' } });
    await withTemporal(app.config, async (client) => {
      await workflowOf(client, projectId).signal('retry', { lane: 'rewrite' });
      await workflowOf(client, projectId).signal('retry', { lane: 'rewrite' });
    });
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    expect((await studio.requests(mark)).filter(({ status }) => status === 401)).toHaveLength(1);
  });

  test.each([
    ['no scenes at all', 0, /at least one scene/],
    ['600 scenes', 600, /at most 500 scenes/],
  ])('a storyboard of %s parks the lane and states why', async (_, scenes, why) => {
    const { topic, mark } = ownTopic();
    // So many are asked for that the answer's length is no limit.
    const projectId = await app.client.create({ topic, settings: { scenes: 500 } });
    await studio.misbehave(mark, 'chat', {}, 1);
    await studio.misbehave(mark, 'chat', { scenes }, 3);
    const events = await startAndWatch(app.client, projectId, ({ type }) => type === 'attention');
    const attention = events.at(-1) as StoryEvent & { type: 'attention' };
    expect(attention.error.message).toMatch(why);
    await app.client.cancel(projectId);
    expect((await watchToEnd(app.client, projectId)).at(-1)).toMatchObject({
      type: expect.stringMatching(/pipeline_error|snapshot/),
    });
  });

  test('a storyboard that is cut off at the token limit is not taken for a whole one', async () => {
    const { topic, mark } = ownTopic();
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await studio.misbehave(mark, 'chat', {}, 1);
    await studio.misbehave(mark, 'chat', { scenes: 40 }, 3);
    const events = await startAndWatch(app.client, projectId, ({ type }) => type === 'attention');
    expect(events.at(-1)).toMatchObject({
      error: { type: 'Output.Unusable', message: expect.stringMatching(/cut off/) },
    });
    await app.client.cancel(projectId);
  });

  test('with onFailure "fail" the same ends the run instead', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { status: 401 });
    const projectId = await app.client.create({ topic });
    await app.client.start(projectId, { onFailure: 'fail' });
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)).toMatchObject({ type: 'pipeline_error', metadata: { status: 'failed' } });
    expect(await app.client.status(projectId)).toMatchObject({ status: 'failed' });
  });

  test('other scenes continue while one is parked, and its stage is not called complete', async () => {
    const { topic, mark } = ownTopic();
    await studio.writeAbout(mark);
    await studio.misbehave(mark, 'image', { status: 400 });
    const projectId = await begin(topic, { scenes: 3 });
    await watchUntil(app.client, projectId, isParked);
    await until('both other clips are made', async () => {
      const { lanes } = await app.client.status(projectId);
      return lanes.filter(({ lane, status }) => lane.startsWith('video') && status === 'completed').length === 2;
    });
    const { stages, lanes } = await app.client.status(projectId);
    expect(stages.find(({ stage }) => stage === 'image_generation')?.status).toBe('needs_attention');
    const parked = lanes.find(({ status }) => status === 'needs_attention')?.lane ?? '';
    expect(await app.client.retry(projectId, 'image_generation')).toEqual([parked]);
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
  });

  test('a video job that fails is followed by a new one, and only by one', async () => {
    const { topic, mark } = ownTopic();
    await studio.writeAbout(mark);
    await studio.misbehave(mark, 'video_submit', { video_failed: true });
    const projectId = await begin(topic);
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    expect(await studio.jobsOf(projectId)).toHaveLength(2);
  });
});

test('A text without an end is given up at MAX_TEXT_BYTES, and what it costs ends with it', async () => {
  const studio = new StudioControl();
  const app = await startApp({ MAX_TEXT_BYTES: '2000' });
  try {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { text: 'on and '.repeat(1_000), tokensPerSecond: 500 });
    const projectId = await app.client.create({ topic });
    await app.client.start(projectId, { onFailure: 'fail' });
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)).toMatchObject({ type: 'pipeline_error', metadata: { status: 'failed' } });
    expect(await app.client.status(projectId)).toMatchObject({
      lanes: [{ error: { type: 'Output.TooLong' } }, {}, {}],
    });
    expect(textSeen(events, 'rewrite').length).toBeLessThan(2_100);
    const [request] = await studio.requests(mark);
    expect(request).toMatchObject({ aborted: true });
  } finally {
    await app.close();
  }
});

describe('A cancel in mid-stream', () => {
  let app: TestApp;
  const studio = new StudioControl();

  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test("closes the provider's stream and leaves Temporal, rows and viewers with the same end", async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { stall: 20 });
    const projectId = await app.client.create({ topic });
    await app.client.start(projectId);
    const watching = watchToEnd(app.client, projectId);
    await watchText(app.client, projectId);
    expect(await app.client.cancel(projectId)).toEqual({ kind: 'requested' });
    const events = await watching;
    expect(events.at(-1)).toMatchObject({ type: 'pipeline_error', metadata: { status: 'cancelled' } });
    expect(typesOf(events).filter((type) => type.startsWith('pipeline_'))).toHaveLength(1);

    const status = await app.client.status(projectId);
    expect(status.status).toBe('cancelled');
    expect(new Set([...status.stages, ...status.lanes].map((each) => each.status))).toEqual(new Set(['cancelled']));
    await withTemporal(app.config, (client) =>
      until('the workflow is cancelled', async () => {
        return (await workflowOf(client, projectId).describe()).status.name === 'CANCELLED';
      }),
    );
    const [request] = (await studio.requests(mark)).filter(({ kind }) => kind === 'chat');
    expect(request).toMatchObject({ aborted: true });
    expect(await app.client.cancel(projectId)).toEqual({ kind: 'not_running', status: 'cancelled' });
  });

  test('can be followed by a new start, which makes the film', async () => {
    const projectId = await streamingStory(app.client, studio);
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
    await app.client.start(projectId);
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    const text = textSeen(events, 'rewrite');
    expect(events.find((event) => event.type === 'done' && event.lane === 'rewrite')).toMatchObject({
      metadata: { sha256: sha256(text) },
    });
  });
});
