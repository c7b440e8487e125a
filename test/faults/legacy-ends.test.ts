import { StoryClient, type StartOptions } from '../../src/client';
import { readConfig } from '../../src/config';
import { STAGES, type ProjectId } from '../../src/protocol';
import { fromSetup, startApp, testEnv, type TestApp } from '../support/services';
import { ownTopic, watchText, watchToEnd, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { fetchRedisForPython, LegacyClients } from '../support/legacy-client';
import { LegacyRecorder } from '../support/legacy-recorder';
import { longText } from '../support/long-rewrite';

const stageNames = STAGES.map(({ name }) => name);

/** Every end once, as the recorder counts them. */
const allBy = (type: 'done' | 'error') => Object.fromEntries(stageNames.map((name) => [`${name} ${type}`, 1]));
const ALL_DONE = { ...allBy('done'), 'pipeline pipeline_done': 1 };
const ALL_FAILED = { ...allBy('error'), 'pipeline pipeline_error': 1 };

describe('Existing clients of the old product, of each stage and of all stages, are ended exactly once,', () => {
  const studio = new StudioControl();
  let library: string;
  let app: TestApp;
  let projectId: ProjectId;
  let clients: LegacyClients;
  let recorder: LegacyRecorder;
  const opened: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    library = await fetchRedisForPython();
    app = await startApp();
  });
  afterEach(async () => {
    recorder.stop();
    await clients.stop();
    await Promise.all(opened.splice(0).map((each) => each.close()));
  });
  afterAll(() => app.close());

  async function create(topic = ownTopic().topic): Promise<void> {
    projectId = await app.client.create({ topic, settings: { scenes: 1 } });
  }

  async function subscribe(): Promise<void> {
    recorder = await LegacyRecorder.start(projectId);
    clients = await LegacyClients.subscribe(library, projectId);
  }

  async function start(options?: StartOptions): Promise<void> {
    await subscribe();
    await app.client.start(projectId, options);
  }

  /** What ended the client of each stage, and the one of all. */
  async function endings(): Promise<Record<string, string>> {
    const ended = await Promise.all(
      stageNames.map(async (name) => [name, (await clients.stage(name)).ended_by] as const),
    );
    return { ...Object.fromEntries(ended), '*': (await clients.all()).ended_by };
  }

  function each(type: 'done' | 'error'): Record<string, string> {
    return { ...Object.fromEntries(stageNames.map((name) => [name, type])), '*': `pipeline_${type}` };
  }

  test('when nothing has changed since the last run, and every result is used again', async () => {
    await create();
    await app.client.start(projectId);
    await watchToEnd(app.client, projectId);
    await start();
    expect(await endings()).toEqual(each('done'));
    expect(recorder.ends).toEqual(ALL_DONE);
    expect((await clients.stage('rewrite')).types).not.toContain('token');
  });

  test('when a stage fails for good and that ends the run', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { status: 401 });
    await create(topic);
    await start({ onFailure: 'fail' });
    expect(await endings()).toEqual(each('error'));
    expect(recorder.ends).toEqual(ALL_FAILED);
  });

  test('when the run is cancelled before its first step, and the run before it was whole', async () => {
    const env = testEnv();
    await create();
    await app.client.start(projectId);
    await watchToEnd(app.client, projectId);
    await subscribe();
    const client = await StoryClient.connect(readConfig(env));
    opened.push(client);
    await client.start(projectId);
    expect(await client.cancel(projectId)).toEqual({ kind: 'requested' });
    // Only now there is a worker for it.
    opened.push(await startApp(env));
    expect(await endings()).toEqual(each('error'));
    expect(recorder.ends).toEqual(ALL_FAILED);
  });

  test('when the run is terminated in Temporal, and another one started', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { text: longText(mark, 60), stall: 20 });
    await create(topic);
    await start();
    await watchText(app.client, projectId);
    await withTemporal(app.config, (temporal) => workflowOf(temporal, projectId).terminate('an operator'));
    await app.client.start(projectId);
    expect(await endings()).toEqual(each('done'));
    expect(recorder.ends).toEqual(ALL_DONE);
  });

  test('when a stage was parked, and who came after that sees it retried', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { status: 401 });
    await create(topic);
    await start();
    expect((await clients.stage('rewrite')).ended_by).toBe('error');
    const newcomers = await LegacyClients.subscribe(library, projectId, ['rewrite']);
    opened.push({ close: () => newcomers.stop() });
    await app.client.retry(projectId, 'rewrite');
    expect((await newcomers.stage('rewrite')).ended_by).toBe('done');
    expect(await endings()).toEqual({ ...each('done'), rewrite: 'error' });
    expect(recorder.ends).toEqual({ ...ALL_DONE, 'rewrite error': 1 });
  });
});

describe('Existing clients of the old product, where', () => {
  const studio = new StudioControl();
  let library: string;
  const opened: (() => unknown)[] = [];

  beforeAll(async () => {
    library = await fetchRedisForPython();
  });
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });

  test('Redis is away when their stage ends, are announced when it is back', async () => {
    const proxy = await TcpProxy.start(Number(new URL(fromSetup('STORYREEL_TEST_REDIS_URL')).port));
    opened.push(() => proxy.close());
    const app = await startApp({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    opened.push(() => app.close());
    const { topic, mark } = ownTopic();
    const text = longText(mark, 10);
    await studio.misbehave(mark, 'chat', { text, hold: 20 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    const recorder = await LegacyRecorder.start(projectId);
    const clients = await LegacyClients.subscribe(library, projectId, ['rewrite', '*']);
    opened.push(
      () => recorder.stop(),
      () => clients.stop(),
    );
    await app.client.start(projectId);
    await watchText(app.client, projectId);
    await proxy.refuse();
    await studio.release(mark);
    await until('the film is made', async () => (await app.client.status(projectId)).status === 'completed');
    expect(clients.isWatching('rewrite')).toBe(true);
    await proxy.accept();
    expect(await clients.stage('rewrite')).toMatchObject({ ended_by: 'done', text, full_text: text });
    expect((await clients.all()).ended_by).toBe('pipeline_done');
    expect(recorder.ends).toEqual(ALL_DONE);
  });

  test.each([
    ['is begun again', 'none'],
    ['is gone on from', 'prefill'],
  ])('every token brings the whole text, have it also after the text %s', async (_, STORYREEL_TEXT_CONTINUATION) => {
    const app = await startApp({ LEGACY_FULL_TEXT: 'on', STORYREEL_TEXT_CONTINUATION });
    opened.push(() => app.close());
    const { topic, mark } = ownTopic();
    const text = longText(mark, 10);
    await studio.misbehave(mark, 'chat', { text, cut: 60 });
    await studio.misbehave(mark, 'chat', { text });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    const clients = await LegacyClients.subscribe(library, projectId, ['rewrite']);
    opened.push(() => clients.stop());
    await app.client.start(projectId);
    const { ended_by, full_text, full_texts } = await clients.stage('rewrite');
    expect({ ended_by, full_text }).toEqual({ ended_by: 'done', full_text: text });
    expect(full_texts.at(-1)).toBe(text);
    for (const held of full_texts) expect(text.startsWith(held ?? 'nothing')).toBe(true);
    // Shorter than the one before only where the next attempt took over.
    const lengths = full_texts.map((held) => held?.length ?? 0);
    expect(lengths.filter((length, i) => length <= (lengths[i - 1] ?? 0)).length).toBeLessThan(2);
    await watchToEnd(app.client, projectId);
  });
});
