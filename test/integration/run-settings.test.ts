import { randomUUID } from 'node:crypto';
import { StoryClient, type ProjectExplanation } from '../../src/client';
import { settingsText } from '../../src/client/internal';
import { readConfig } from '../../src/config';
import { GeneratedImage, ModelProvider, ModelUsage, Project, type RunSettings } from '../../src/entities';
import type { ProjectId } from '../../src/protocol';
import { batchToEnd } from '../support/batches';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { fromSetup, startApp, testEnv, type TestApp } from '../support/services';
import { ownTopic, watchToEnd, watchUntil } from '../support/stories';
import { until } from '../support/until';

const SCENES = 3;

describe('A run keeps its settings', () => {
  let database: OwnDatabase;
  let shared: Record<string, string>;
  const apps: TestApp[] = [];

  beforeAll(async () => {
    database = await createOwnDatabase();
    shared = {
      TEMPORAL_TASK_QUEUE: `test-${randomUUID().slice(0, 8)}`,
      DATABASE_URL: database.url,
      TEXT_CONCURRENCY: '2',
      IMAGE_CONCURRENCY: '1',
      VIDEO_CONCURRENCY: '2',
    };
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await database.dataSource.query('DELETE FROM model_providers');
  });
  afterAll(() => database.drop());

  async function worker(settings: Readonly<Record<string, string>>): Promise<TestApp> {
    const app = await startApp({ ...shared, ...settings });
    apps.push(app);
    return app;
  }
  const small = { FRAME_SIZE: '64x36', STORYREEL_TEXT_MODEL: 'text-a' };
  const large = { FRAME_SIZE: '128x72', STORYREEL_TEXT_MODEL: 'text-b' };

  const settingsOf = async (projectId: ProjectId): Promise<RunSettings | null> =>
    (await database.dataSource.getRepository(Project).findOneByOrFail({ id: projectId })).runSettings;
  const modelsOf = async (projectId: ProjectId, unit: 'token' | 'image') => {
    const rows = await database.dataSource.getRepository(ModelUsage).findBy({ projectId, unit });
    return [...new Set(rows.map(({ model }) => model))];
  };
  const toMake = ({ lanes }: ProjectExplanation) =>
    lanes.filter(({ reason }) => reason !== 'reused').map(({ lane }) => lane);

  async function film(app: TestApp, options: Parameters<StoryClient['start']>[1] = {}): Promise<ProjectId> {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: SCENES } });
    await app.client.start(projectId, options);
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    return projectId;
  }

  test('with two workers that differ, one film has one size and one model', async () => {
    const [app] = await Promise.all([worker(small), worker(large)]);
    const projectId = await film(app);
    const settings = await settingsOf(projectId);
    const [width] = settings?.frameSize.split('x') ?? [];
    const images = await database.dataSource.getRepository(GeneratedImage).findBy({ projectId });
    expect(images.map((image) => image.width)).toEqual(Array.from({ length: SCENES }, () => Number(width)));
    expect(await modelsOf(projectId, 'token')).toEqual([settings?.models.text.model]);
  });

  test('a change at a gate is for the next run, which explain foretells and a kept run does without', async () => {
    const app = await worker(small);
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 2 } });
    await app.client.start(projectId, { gates: ['storyboard'] });
    await watchUntil(app.client, projectId, ({ type }) => type === 'awaiting');
    const begun = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    await app.client.start(begun, { stages: ['rewrite', 'storyboard'] });
    await watchToEnd(app.client, begun);
    await database.dataSource.getRepository(ModelProvider).insert({
      name: 'newer',
      kind: 'image',
      model: 'image-b',
      apiKeyFrom: null,
      baseUrl: fromSetup('STORYREEL_TEST_STUDIO_URL'),
    });
    await app.client.approve(projectId, 'storyboard');
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    expect(await modelsOf(projectId, 'image')).toEqual([app.config.STORYREEL_IMAGE_MODEL]);

    const explained = await app.client.explain(projectId);
    expect(explained.settings?.changed).toEqual([
      { name: 'image model', before: app.config.STORYREEL_IMAGE_MODEL, now: 'image-b' },
    ]);
    expect(explained.settings?.lanes).toEqual(toMake(explained));
    expect(settingsText(explained).join(' ')).toContain(`storyreel run ${projectId} --keep-settings`);
    const kept = await app.client.explain(projectId, { keepSettings: true });
    expect(toMake(kept)).toEqual([]);
    expect(kept.settings).toBeUndefined();
    await app.client.start(projectId, { keepSettings: true });
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    expect(await modelsOf(projectId, 'image')).toEqual([app.config.STORYREEL_IMAGE_MODEL]);
    const { batchId } = await app.client.batch([begun], { keepSettings: true });
    expect((await batchToEnd(app.client, batchId)).counts).toEqual({ completed: 1 });
    expect(await modelsOf(begun, 'image')).toEqual([app.config.STORYREEL_IMAGE_MODEL]);
    await app.client.start(projectId);
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    expect((await modelsOf(projectId, 'image')).sort()).toEqual([app.config.STORYREEL_IMAGE_MODEL, 'image-b'].sort());
    expect(toMake(await app.client.explain(projectId))).toEqual([]);
  });

  test('explain goes by the workers, whatever the process that asks has set', async () => {
    const app = await worker(small);
    const projectId = await film(app);
    const { FRAME_SIZE: _size, OPENAI_BASE_URL: _url, ...bare } = testEnv(shared);
    const client = await StoryClient.connect(readConfig({ ...bare, STORYREEL_TEXT_MODEL: 'nobody-has-it' }));
    try {
      expect(toMake(await client.explain(projectId))).toEqual([]);
      await app.close();
      apps.splice(0);
      await worker(large);
      const { settings, ...explained } = await client.explain(projectId);
      expect(settings?.changed.map(({ name }) => name)).toEqual(['text model', 'frame size']);
      expect(settings?.lanes).toEqual(toMake(explained));
      expect(toMake(await client.explain(projectId, { keepSettings: true }))).toEqual([]);
    } finally {
      await client.close();
    }
  });

  test('a worker without the provider of a run hands its lanes back, at no cost', async () => {
    const able = await worker(small);
    const projectId = await able.client.create({ topic: ownTopic().topic, settings: { scenes: 2 } });
    await able.client.start(projectId, { gates: ['storyboard'] });
    await watchUntil(able.client, projectId, ({ type }) => type === 'awaiting');
    const { client } = await worker({ ...small, STORYREEL_IMAGE_BASE_URL: '' });
    apps.splice(apps.indexOf(able), 1);
    await able.close();
    const ended = watchToEnd(client, projectId);
    await client.approve(projectId, 'storyboard');
    await until('the lanes are handed back', async () => {
      const { lanes } = await client.status(projectId);
      return lanes.filter(({ error }) => error?.type === 'Worker.CannotServe').length === 2;
    });
    await worker(small);
    const events = await ended;
    expect(events.at(-1)?.type).toBe('pipeline_done');
    expect(events.filter(({ type }) => type === 'attention')).toEqual([]);
    const rows = await database.dataSource.getRepository(ModelUsage).findBy({ projectId });
    expect(rows.filter(({ outcome }) => outcome !== 'useful')).toEqual([]);
  });
});
