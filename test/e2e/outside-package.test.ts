import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { StoryClient } from '../../src/client';
import { reasonText } from '../../src/client/internal';
import { readConfig } from '../../src/config';
import { GeneratedVideo, ModelProvider, ModelUsage, StageResult } from '../../src/entities';
import type { LaneId, ProjectId } from '../../src/protocol';
import { createWorker, type CreateWorkerOptions, type RunningWorker } from '../../src/worker';
import { projectFile } from '../architecture/project-files';
import { stages } from '../fixtures/film-extras';
import { motto, teaser } from '../fixtures/film-extras/once';
import { backdrop, drift, sound } from '../fixtures/film-extras/per-scene';
import { wordServer } from '../fixtures/film-extras/word-server';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { testEnv } from '../support/services';
import { ownTopic, startAndWatch, textSeen, watchToEnd } from '../support/stories';
import { until } from '../support/until';

describe('A package of stages and adapters', () => {
  let database: OwnDatabase;
  let settings: Record<string, string>;
  let client: StoryClient;
  const workers: RunningWorker[] = [];

  beforeAll(async () => {
    database = await createOwnDatabase();
    settings = testEnv({ DATABASE_URL: database.url, TEMPORAL_TASK_QUEUE: `test-${randomUUID().slice(0, 8)}` });
    client = await StoryClient.connect(readConfig(settings));
  });
  afterEach(() => Promise.all(workers.splice(0).map((each) => each.stop())));
  afterAll(async () => {
    await client.close();
    await database.drop();
  });

  async function worker(extras: Pick<CreateWorkerOptions, 'stages' | 'providers'> = {}): Promise<RunningWorker> {
    const started = await createWorker({ settings, ...extras });
    workers.push(started);
    return started;
  }
  const stop = async (ended: RunningWorker) => {
    workers.splice(workers.indexOf(ended), 1);
    await ended.stop();
  };
  const project = (scenes = 1): Promise<ProjectId> => client.create({ topic: ownTopic().topic, settings: { scenes } });
  const statusOf = async (projectId: ProjectId, lane: string) =>
    (await client.status(projectId)).lanes.find((each) => each.lane === lane);

  test.each([
    ['docs/adding-a-stage.md', ['title.ts', 'poster.ts', 'index.ts']],
    ['docs/adding-a-provider.md', ['word-server.ts']],
  ])('%s shows its files as they are', (document, files) => {
    const text = projectFile(document);
    for (const file of files) {
      const source = projectFile(`test/fixtures/film-extras/${file}`).replace(
        '../../../src/worker',
        'storyreel/worker',
      );
      expect(text).toContain(`\`\`\`ts\n${source}\`\`\`\n`);
    }
  });

  test('its text and its image are part of a film, which a client without the package follows', async () => {
    await worker({ stages });
    const projectId = await project();
    const events = await startAndWatch(client, projectId);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    const row = await database.dataSource.getRepository(StageResult).findOneByOrFail({ projectId });
    expect(row).toMatchObject({ stage: 'extras.poster', sceneId: null, mediaType: expect.stringMatching(/^image\//) });
    expect(await client.media(projectId, row.sha256)).toMatchObject({ mediaType: row.mediaType });
    const view = await client.status(projectId);
    expect(view.stages.map(({ stage, status }) => [stage, status]).slice(-2)).toEqual([
      ['extras.poster', 'completed'],
      ['extras.title', 'completed'],
    ]);

    // The text as it was streamed is the text that a later viewer gets.
    const [snapshot] = await watchToEnd(client, projectId);
    const lane = 'extras.title' as LaneId;
    expect(snapshot?.type === 'snapshot' && snapshot.lanes[lane]?.text).toBe(textSeen(events, lane));
    const { lanes } = await client.explain(projectId);
    expect(lanes.filter(({ reason }) => reason !== 'reused').map((each) => [each.lane, each.reason])).toEqual([
      ['extras.title', 'unknown'],
      ['extras.poster', 'unknown'],
    ]);
    expect(lanes.map(reasonText).at(-1)).toContain('only the workers know');
    const withPackage = await StoryClient.connect(readConfig(settings), { stages });
    const explained = await withPackage.explain(projectId).finally(() => withPackage.close());
    expect(explained.lanes.filter(({ reason }) => reason !== 'reused')).toEqual([]);

    // Made from the same inputs, all of it is used again.
    const calls = () => database.dataSource.getRepository(ModelUsage).countBy({ projectId });
    const before = await calls();
    await client.start(projectId);
    expect((await watchToEnd(client, projectId)).at(-1)?.type).toBe('pipeline_done');
    expect(await calls()).toBe(before);
    await expect(client.start(projectId, { stages: ['extras.titel'] })).rejects.toMatchObject({
      type: 'Stage.Unknown',
      message: expect.stringContaining('extras.title'),
    });
  });

  test('its stages make a text, an image and a clip of each scene', async () => {
    await worker({ stages: [sound, backdrop, drift] });
    const projectId = await project(2);
    expect((await startAndWatch(client, projectId)).at(-1)?.type).toBe('pipeline_done');
    const rows = await database.dataSource.getRepository(StageResult).findBy({ projectId });
    expect(rows.map(({ stage }) => stage).sort()).toEqual(['backdrop', 'backdrop', 'sound', 'sound']);
    const clips = await database.dataSource.getRepository(GeneratedVideo).findBy({ projectId });
    expect(clips.map(({ stage, status }) => [stage, status]).sort()).toEqual([
      ['drift', 'completed'],
      ['drift', 'completed'],
      ['video_generation', 'completed'],
      ['video_generation', 'completed'],
    ]);
    // A scene that moves takes all of it along.
    const [first] = await watchToEnd(client, projectId);
    await client.edit(projectId, { order: [2, 1] });
    const [second] = await watchToEnd(client, projectId);
    const textOf = (event: typeof first, scene: number) =>
      event?.type === 'snapshot' && event.lanes[`sound/${scene}` as LaneId]?.text;
    expect([textOf(second, 1), textOf(second, 2)]).toEqual([textOf(first, 2), textOf(first, 1)]);
  });

  test('its stages make one clip of a project, and write a table of their own in the same transaction', async () => {
    await database.dataSource.query('CREATE TABLE mottos (project_id uuid, motto text, fence bigint)');
    await worker({ stages: [...stages, teaser, motto] });
    const projectId = await project();
    const asked = ['rewrite', 'extras.title', 'extras.poster', 'extras.teaser', 'extras.motto'];
    const events = await startAndWatch(client, projectId, () => false, { stages: asked });
    expect(events.at(-1)?.type).toBe('pipeline_done');
    const clips = await database.dataSource.getRepository(GeneratedVideo).findBy({ projectId });
    expect(clips.map(({ stage, status, sceneId }) => [stage, status, sceneId])).toEqual([
      ['extras.teaser', 'completed', null],
    ]);
    expect(await client.media(projectId, String(clips[0]?.sha256))).toMatchObject({ mediaType: 'video/mp4' });
    const mottos = await database.dataSource.query('SELECT motto FROM mottos WHERE project_id = $1', [projectId]);
    expect(mottos).toEqual([{ motto: textSeen(events, 'extras.motto') }]);

    // Made from the same inputs, the clip is used again.
    await client.start(projectId, { stages: asked });
    expect((await watchToEnd(client, projectId)).at(-1)?.type).toBe('pipeline_done');
    expect(await database.dataSource.getRepository(GeneratedVideo).countBy({ projectId })).toBe(1);
    const usage = await database.dataSource.getRepository(ModelUsage).findBy({ projectId });
    expect(usage).toHaveLength(asked.length);
  });

  test('a worker that does not know a stage hands its lane back at no cost', async () => {
    await stop(await worker({ stages }));
    // The one that announced the stage is gone. This is what a row says while a deploy goes on.
    const [announced] = await database.dataSource.query<{ serves: object }[]>('SELECT serves FROM worker_settings');
    const ignorant = await worker();
    await database.dataSource.query('UPDATE worker_settings SET serves = $1', [announced?.serves]);
    const projectId = await project();
    await client.start(projectId, { stages: ['rewrite', 'extras.title'] });
    const handedBack = await until('the lane is handed back', async () => {
      const lane = await statusOf(projectId, 'extras.title');
      return lane?.error?.type === 'Worker.CannotServe' && lane;
    });
    expect(handedBack).toMatchObject({ status: 'processing' });
    expect(handedBack.error?.message).toContain('knows the stage extras.title');

    const ended = watchToEnd(client, projectId);
    await worker({ stages });
    await stop(ignorant);
    const events = await ended;
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(events.filter(({ type }) => type === 'attention')).toEqual([]);
    const usage = await database.dataSource.getRepository(ModelUsage).findBy({ projectId });
    expect(usage.map(({ outcome }) => outcome)).toEqual(['useful', 'useful']);
  });

  test('its adapter asks a server of another kind', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(String(request.headers.authorization));
      response.end('A keeper of a lighthouse collects storms. He opens one, and the wind carries him home to the sea.');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await database.dataSource.getRepository(ModelProvider).insert({
      name: 'words',
      kind: 'text',
      model: 'plain',
      adapter: 'word-server',
      apiKeyFrom: null,
      baseUrl: `http://127.0.0.1:${port}`,
    });
    const knowing = await worker({ providers: { 'word-server': wordServer } });
    const projectId = await project();
    const events = await startAndWatch(client, projectId, () => false, { stages: ['rewrite'] });
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(textSeen(events, 'rewrite')).toMatch(/^A keeper of a lighthouse/);
    expect(asked).toEqual(['Bearer none']);
    await stop(knowing);

    // A worker without the adapter leaves the lane to one that has it.
    const other = await project();
    const [announced] = await database.dataSource.query<{ serves: object }[]>('SELECT serves FROM worker_settings');
    const ignorant = await worker();
    await database.dataSource.query('UPDATE worker_settings SET serves = $1', [announced?.serves]);
    await client.start(other, { stages: ['rewrite'] });
    await until('the lane is handed back', async () => {
      return (await statusOf(other, 'rewrite'))?.error?.type === 'Worker.CannotServe';
    });
    await worker({ providers: { 'word-server': wordServer } });
    await stop(ignorant);
    const seen = await watchToEnd(client, other);
    expect(await statusOf(other, 'rewrite')).toMatchObject({ status: 'completed' });
    expect(seen.filter(({ type }) => type === 'attention')).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
  });

  test.each([
    [{ name: 'rewrite' }, /comes with Storyreel/],
    [{ name: 'Sound' }, /must have a name like/],
    [{ needs: ['nothing'] }, /needs nothing/],
    [{ kind: 'film' }, /must be of the kind/],
    [{ without: ['film'] }, /not among what it needs/],
  ])('a stage with %j is refused before anything is connected', async (wrong, message) => {
    const given = { ...sound, ...wrong } as typeof sound;
    await expect(createWorker({ settings, stages: [given] })).rejects.toThrow(message);
  });
});
