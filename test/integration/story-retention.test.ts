import { Redis } from 'ioredis';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { createDataSource } from '../../src/entities';
import type { ProjectId } from '../../src/protocol';
import { fromSetup, startApp, testEnv, type TestApp } from '../support/services';
import { ownTopic, streamingStory, watchToEnd, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { CommandLine } from '../support/command-line';

const EXPIRY_SECONDS = 600;

describe('What is kept of a project', () => {
  let app: TestApp;
  const studio = new StudioControl();
  const redis = new Redis(fromSetup('STORYREEL_TEST_REDIS_URL'), { lazyConnect: true });
  const dataSource = createDataSource({ url: fromSetup('STORYREEL_TEST_POSTGRES_URL') });

  beforeAll(async () => {
    app = await startApp({ LOG_EXPIRY_SECONDS: String(EXPIRY_SECONDS) });
    await Promise.all([redis.connect(), dataSource.initialize()]);
  });
  afterAll(async () => {
    await app.close();
    redis.disconnect();
    await dataSource.destroy();
  });

  const keysOf = (projectId: ProjectId) => redis.keys(`*${projectId}*`);
  const lifetimesOf = async (projectId: ProjectId) =>
    Promise.all((await keysOf(projectId)).map((name) => redis.ttl(name)));

  /** How many rows each table has of the project. */
  async function rowsOf(projectId: ProjectId): Promise<Record<string, number>> {
    const tables = await dataSource.query<{ name: string }[]>(
      `SELECT table_name AS name FROM information_schema.columns WHERE column_name = 'project_id' AND table_schema = 'public'`,
    );
    const asked = [['projects', 'id'], ...tables.map(({ name }) => [name, 'project_id'])].map(
      async ([table, column]) => {
        const [row] = await dataSource.query<{ n: number }[]>(
          `SELECT count(*)::int AS n FROM ${table} WHERE ${column} = $1`,
          [projectId],
        );
        return [table, row?.n];
      },
    );
    return Object.fromEntries(await Promise.all(asked));
  }

  async function whileItWrites(): Promise<ProjectId> {
    return streamingStory(app.client, studio);
  }

  /** The command line in this process. */
  async function storyreel(...args: string[]) {
    const shell = new CommandLine(() => app.config);
    await shell.run(...args);
    return { code: shell.exitCode, stdout: shell.stdout, stderr: shell.stderr };
  }

  test('in Redis ends some time after the run has', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    await app.client.start(projectId);
    expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
    await until('the end is set', async () => (await lifetimesOf(projectId)).every((left) => left <= EXPIRY_SECONDS));
    const lifetimes = await lifetimesOf(projectId);
    expect(lifetimes.length).toBeGreaterThan(4);
    for (const seconds of lifetimes) expect(seconds).toBeGreaterThan(EXPIRY_SECONDS - 60);
  });

  test('in Redis ends by itself where an operator has terminated the run, and nothing keeps it when it is deleted', async () => {
    const projectId = await whileItWrites();
    await expect(app.client.delete(projectId)).rejects.toMatchObject({
      type: 'Project.AlreadyRunning',
      message: expect.stringContaining(`storyreel cancel ${projectId}`),
    });
    await withTemporal(app.config, (client) => workflowOf(client, projectId).terminate());
    const lifetimes = await lifetimesOf(projectId);
    expect(lifetimes.length).toBeGreaterThan(2);
    for (const seconds of lifetimes) expect(seconds).toBeGreaterThan(0);

    await app.client.delete(projectId);
    // The attempt learns of its end by a heartbeat; what it wrote until then has an end too.
    for (const seconds of await lifetimesOf(projectId)) expect(seconds).toBeGreaterThan(0);
    expect(Object.values(await rowsOf(projectId)).every((n) => n === 0)).toBe(true);
  });

  test('is nothing after it was deleted: no row, no key, no project', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, settings: { scenes: 2 } });
    await app.client.start(projectId);
    await watchToEnd(app.client, projectId);
    await app.client.edit(projectId, { rewrite: 'A person wrote this.' });
    await app.client.tokens.create(projectId, { seconds: 60 });
    await dataSource.query(
      `INSERT INTO stage_results (project_id, stage, text, sha256, bytes, model, input_hash, fence)
       VALUES ($1, 'extras.title', 'A title', 'x', 7, 'm', 'x', 1)`,
      [projectId],
    );
    const before = await rowsOf(projectId);
    expect(Object.keys(before).length).toBeGreaterThan(8);
    for (const [table, rows] of Object.entries(before)) expect([table, rows > 0]).toEqual([table, true]);

    const asked = await storyreel('delete', projectId);
    expect(asked).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--yes') });
    expect(await rowsOf(projectId)).toEqual(before);

    const done = await storyreel('delete', projectId, '--yes');
    expect(done).toEqual({ code: 0, stdout: `Project ${projectId} was removed.\n`, stderr: '' });
    expect(new Set(Object.values(await rowsOf(projectId)))).toEqual(new Set([0]));
    expect(await keysOf(projectId)).toEqual([]);
    await expect(app.client.status(projectId)).rejects.toMatchObject({ type: 'Project.NotFound' });
    await expect(app.client.delete(projectId)).rejects.toMatchObject({ type: 'Project.NotFound' });
  });

  test('is everything where Redis cannot be reached: then nothing is deleted', async () => {
    const client = await StoryClient.connect(readConfig(testEnv({ REDIS_URL: 'redis://127.0.0.1:1' })));
    try {
      const projectId = await client.create({ topic: ownTopic().topic });
      await expect(client.delete(projectId)).rejects.toMatchObject({ type: 'Service.Unreachable' });
      expect(await client.status(projectId)).toMatchObject({ status: 'draft' });
    } finally {
      await client.close();
    }
  });
});
