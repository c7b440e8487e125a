import { temporal } from '@temporalio/proto';
import { ModelProvider, ModelUsage, PromptTemplate } from '../../src/entities';
import { createOwnDatabase } from '../support/own-database';
import { fromSetup, startApp, type TestApp } from '../support/services';
import { ownTopic, startAndWatch, watchToEnd, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';

const SECRET = 'sk-row-secret-0123456789abcdef';

describe('Rows in the database', () => {
  let app: TestApp;
  let database: Awaited<ReturnType<typeof createOwnDatabase>>;
  const studio = new StudioControl();

  beforeAll(async () => {
    database = await createOwnDatabase();
    // The environment names no provider of texts; the row does.
    app = await startApp({ DATABASE_URL: database.url, OPENAI_BASE_URL: '' });
    process.env['ROW_PROVIDER_KEY'] = SECRET;
  });
  afterAll(async () => {
    delete process.env['ROW_PROVIDER_KEY'];
    await app.close();
    await database.drop();
  });

  test('without any provider, the lane is parked and states what to set', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic });
    const events = await startAndWatch(app.client, projectId, ({ type }) => type === 'attention');
    expect(events.at(-1)).toMatchObject({
      error: { type: 'Provider.NotConfigured', message: expect.stringMatching(/OPENAI_BASE_URL/) },
    });
    await app.client.cancel(projectId);
    await watchToEnd(app.client, projectId);
  });

  test("choose the provider, price its tokens, and replace a stage's prompt, while the key stays out of everything", async () => {
    await database.dataSource.getRepository(ModelProvider).insert({
      name: 'priced',
      kind: 'text',
      baseUrl: fromSetup('STORYREEL_TEST_STUDIO_URL'),
      model: 'row-model',
      apiKeyFrom: 'ROW_PROVIDER_KEY',
      prices: { inputPerMillion: 1, outputPerMillion: 2 },
    });
    const { topic, mark } = ownTopic();
    await database.dataSource.getRepository(PromptTemplate).insert({
      stage: 'rewrite',
      version: 1,
      system: 'You are a poet.',
      user: '{{#topic}}Write a story of 200 words.\n\nTopic: {{topic}} & friends{{/topic}}',
      active: true,
    });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)?.type).toBe('pipeline_done');

    const [rewrite] = (await studio.requests(mark)).filter(({ kind }) => kind === 'chat');
    expect(rewrite?.prompt).toMatch(/You are a poet/);
    const usage = await database.dataSource.getRepository(ModelUsage).findBy({ projectId, unit: 'token' });
    expect(usage).toHaveLength(3);
    for (const row of usage) {
      expect(row).toMatchObject({ provider: 'priced', model: 'row-model', wastedTokens: 0, estimated: false });
      expect(row.cost).toBeCloseTo((row.inputTokens + 2 * row.outputTokens) / 1_000_000, 9);
    }
    expect((await app.client.status(projectId)).usage.cost).toBeGreaterThan(0);

    const history = await withTemporal(app.config, (client) => workflowOf(client, projectId).fetchHistory());
    const everything =
      Buffer.from(temporal.api.history.v1.History.encode(history).finish()).toString('latin1') +
      JSON.stringify(events) +
      JSON.stringify(await database.dataSource.query('SELECT * FROM model_providers'));
    expect(everything).not.toContain(SECRET);
  });

  test('are what an edited prompt is made again from: only what depends on it', async () => {
    const { topic, mark } = ownTopic();
    const projectId = await app.client.create({ topic, settings: { scenes: 2 } });
    await studio.writeAbout(mark);
    await app.client.start(projectId);
    await watchToEnd(app.client, projectId);
    const asked = async () =>
      (await studio.requests(mark)).filter(({ kind, replayed }) => kind === 'chat' && !replayed).length;
    const before = await asked();
    await database.dataSource.getRepository(PromptTemplate).insert({
      stage: 'camera_movement',
      version: 1,
      system: 'You are a camera operator. Answer with JSON.',
      user: 'Scene {{scene_number}}: {{narration}} {{visual_prompt}}',
      active: true,
    });
    await app.client.start(projectId);
    const events = await watchToEnd(app.client, projectId);
    expect(events.at(-1)?.type).toBe('pipeline_done');
    // Both camera moves, and neither the rewrite nor the storyboard.
    expect((await asked()) - before).toBe(2);
  });
});
