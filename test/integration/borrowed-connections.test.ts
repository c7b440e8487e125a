import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { Redis } from 'ioredis';
import { Pool, types } from 'pg';
import { DataSource } from 'typeorm';
import { StoryClient } from '../../src/client';
import { migrate } from '../../src/entities';
import { ownTopic, startAndWatch } from '../support/stories';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { startApp, type TestApp } from '../support/services';
import { until } from '../support/until';

const BIGINT = 20;
const TIMESTAMPTZ = 1184;

describe('A client on the connections of the program around it', () => {
  let app: TestApp;
  let database: OwnDatabase;
  let temporal: Connection;
  let redis: Redis;
  let pool: Pool;
  let source: DataSource;
  const parsers = [BIGINT, TIMESTAMPTZ].map((oid) => [oid, types.getTypeParser(oid)] as const);
  // None of these addresses leads anywhere.
  const nowhere = { DATABASE_URL: 'postgres://localhost:1/none', REDIS_URL: 'redis://localhost:1' };

  beforeAll(async () => {
    database = await createOwnDatabase();
    app = await startApp({ DATABASE_URL: database.url });
    temporal = await Connection.connect({ address: app.config.TEMPORAL_ADDRESS });
    // As programs have them: with a prefix, a queue while Redis is away, and numbers for bigint.
    redis = new Redis(app.config.REDIS_URL, { keyPrefix: 'of-the-host:' });
    types.setTypeParser(BIGINT, Number);
    types.setTypeParser(TIMESTAMPTZ, (text: string) => text);
    pool = new Pool({ connectionString: database.url, max: 2, application_name: 'host' });
    source = new DataSource({ type: 'postgres', url: database.url, poolSize: 2, applicationName: 'host' });
    await source.initialize();
  });
  afterAll(async () => {
    for (const [oid, parse] of parsers) types.setTypeParser(oid, parse as (text: string) => unknown);
    await app.close();
    await pool.end();
    await source.destroy();
    await temporal.close();
    redis.disconnect();
    // A pool says that it has ended before its connections have.
    await until('the connections have ended', async () => {
      const open = await database.dataSource.query(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'host'`);
      return (open as unknown[]).length === 0;
    });
    await database.drop();
  });

  const given: [string, () => Pool | DataSource][] = [
    ['a pool of pg', () => pool],
    ['a DataSource of TypeORM', () => source],
  ];

  test.each(given)('makes and follows a film over %s, and closes nothing of it', async (_, postgres) => {
    const { TEMPORAL_TASK_QUEUE, TEMPORAL_NAMESPACE } = app.config;
    const settings = { ...nowhere, TEMPORAL_ADDRESS: 'localhost:1', TEMPORAL_TASK_QUEUE, TEMPORAL_NAMESPACE };
    const client = await StoryClient.connect(settings, { connection: temporal, postgres: postgres(), redis });
    const requestId = randomUUID();
    const { topic } = ownTopic();
    const projectId = await client.create({ topic, owner: requestId }, { requestId });
    expect(await client.create({ topic, owner: requestId }, { requestId })).toBe(projectId);
    const events = await startAndWatch(client, projectId, () => false, { stages: ['rewrite'] });
    expect(events.at(-1)).toMatchObject({ type: 'pipeline_done' });
    expect(events.filter(({ type }) => type === 'token').length).toBeGreaterThan(0);
    const [listed] = await client.list({ owner: requestId });
    expect(listed).toMatchObject({ projectId, createdAt: expect.any(Date) });
    const { outcomes } = await client.overview.outcomes();
    expect(outcomes.at(-1)).toMatchObject({ projectId, cursor: expect.any(String), endedAt: expect.any(Date) });
    await client.close();

    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(await source.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await redis.ping()).toBe('PONG');
    await expect(temporal.workflowService.getSystemInfo({})).resolves.toBeDefined();
  });

  test('takes a pool of two for many calls at once', async () => {
    const client = await StoryClient.connect(app.config, { connection: temporal, postgres: pool, redis });
    const owner = randomUUID();
    await Promise.all(Array.from({ length: 20 }, (_, i) => client.create({ topic: `topic ${i}`, owner })));
    expect(await client.list({ owner })).toHaveLength(20);
    await client.close();
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  test('refuses what it cannot use', async () => {
    const closed = new DataSource({ type: 'postgres', url: database.url });
    for (const options of [
      { postgres: closed },
      { postgres: { connect: 'no' } as never },
      { redis: { options: {} } },
    ]) {
      await expect(StoryClient.connect(app.config, options)).rejects.toMatchObject({ type: 'Config.Invalid' });
    }
  });

  test('reads what it stores as ever, whatever parsers of values the program has set', async () => {
    expect(await migrate(database.dataSource)).toEqual([]);
    const projectId = await app.client.create({ topic: 'a fox' });
    const rows: unknown = await database.dataSource.query(
      `SELECT created_at, run_fence, 1.5::float8 AS real, settings, created_at < now() AS earlier
       FROM projects WHERE id = $1`,
      [projectId],
    );
    expect(rows).toEqual([{ created_at: expect.any(Date), run_fence: '0', real: 1.5, settings: {}, earlier: true }]);
  });
});
