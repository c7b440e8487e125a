import { STAGES, type ProjectId, type StageName } from '../../src/protocol';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchText, watchToEnd } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { fetchRedisForPython, LegacyClients } from '../support/legacy-client';

const stageNames = STAGES.map(({ name }) => name);

describe("An existing client of the Django product, in Python and with that product's channels only,", () => {
  const studio = new StudioControl();
  let app: TestApp;
  let library: string;
  let clients: LegacyClients | undefined;

  beforeAll(async () => {
    library = await fetchRedisForPython();
    app = await startApp();
  });
  afterEach(async () => {
    await clients?.stop();
    clients = undefined;
  });
  afterAll(() => app.close());

  async function begin(topic: string): Promise<{ projectId: ProjectId; legacy: LegacyClients }> {
    const projectId = await app.client.create({ topic, settings: { scenes: 2 } });
    const legacy = await LegacyClients.subscribe(library, projectId);
    clients = legacy;
    await app.client.start(projectId);
    return { projectId, legacy };
  }

  async function viewsOf(legacy: LegacyClients, names: readonly StageName[]) {
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await legacy.stage(name)] as const)));
  }

  async function stored(projectId: ProjectId, lane: string): Promise<string | undefined> {
    const [snapshot] = await watchToEnd(app.client, projectId);
    if (snapshot?.type !== 'snapshot') throw new Error('no snapshot');
    return snapshot.lanes[lane as keyof typeof snapshot.lanes]?.text;
  }

  test('sees every stage end by done, with the text that is stored, and the run by pipeline_done', async () => {
    const { topic } = ownTopic('一个收集风暴的灯塔看守人 🗼 “grüß Gott”');
    const { projectId, legacy } = await begin(topic);
    const all = await legacy.all();
    const views = await viewsOf(legacy, stageNames);

    for (const name of stageNames)
      expect({ name, ended_by: views[name]?.ended_by }).toEqual({ name, ended_by: 'done' });
    for (const name of ['rewrite', 'storyboard'] as const) {
      const text = await stored(projectId, name);
      expect(text).not.toBe('');
      expect(views[name]).toMatchObject({ full_text: text, text });
      expect(views[name]?.types.filter((type) => type === 'token').length).toBeGreaterThan(1);
    }
    expect(all.ended_by).toBe('pipeline_done');
    expect(endsIn(all.types)).toEqual([...stageNames.map((name) => `${name} done`), 'pipeline pipeline_done'].sort());
    for (const name of stageNames) {
      expect(all.types.indexOf(`${name} done`)).toBeLessThan(all.types.indexOf(`${name} stage_completed`));
    }
  });

  test('is not ended by an attempt that is tried again', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { cut: 20 });
    const { projectId, legacy } = await begin(topic);
    const { ended_by, full_text } = await legacy.stage('rewrite');
    expect(ended_by).toBe('done');
    expect((await legacy.all()).types).not.toContain('rewrite error');
    expect(full_text).toBe(await stored(projectId, 'rewrite'));
    const { lanes } = await app.client.status(projectId);
    expect(lanes.find(({ lane }) => lane === 'rewrite')).toMatchObject({ attempt: 2 });
  });

  test('is notified once of a cancel in mid-stream, unless its stage had ended before', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', {}, 1);
    await studio.misbehave(mark, 'chat', { stall: 20 });
    const { projectId, legacy } = await begin(topic);
    await watchText(app.client, projectId, 1, 'storyboard');
    expect(await app.client.cancel(projectId)).toEqual({ kind: 'requested' });
    const all = await legacy.all();
    const views = await viewsOf(legacy, stageNames);

    const others = stageNames.filter((name) => name !== 'rewrite');
    expect(views['rewrite']?.ended_by).toBe('done');
    for (const name of others) expect({ name, ended_by: views[name]?.ended_by }).toEqual({ name, ended_by: 'error' });
    expect(views['storyboard']?.types).toContain('token');
    expect(all.ended_by).toBe('pipeline_error');
    const expected = ['rewrite done', ...others.map((name) => `${name} error`), 'pipeline pipeline_error'];
    expect(endsIn(all.types)).toEqual(expected.sort());
  });

  test('is ended by error when its stage is parked, and those of other stages continue waiting', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { status: 401 });
    const { projectId, legacy } = await begin(topic);
    const { ended_by, types } = await legacy.stage('rewrite');
    expect({ ended_by, tokens: types.includes('token') }).toEqual({ ended_by: 'error', tokens: false });
    expect(stageNames.filter((name) => legacy.isWatching(name))).toEqual(
      stageNames.filter((name) => name !== 'rewrite'),
    );

    expect(await app.client.retry(projectId, 'rewrite')).toEqual(['rewrite']);
    expect((await legacy.all()).ended_by).toBe('pipeline_done');
    expect((await legacy.stage('film')).ended_by).toBe('done');
  });
});

/** What ends clients, whichever they watch. */
function endsIn(types: readonly string[]): string[] {
  return types.filter((type) => / (done|error|pipeline_done|pipeline_error)$/.test(type)).sort();
}
