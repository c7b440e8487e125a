import { prepareServices } from '../../src/cli';
import { readConfig } from '../../src/config';
import { createDataSource } from '../../src/entities';
import { createOwnDatabase } from '../support/own-database';
import { startPgBouncer } from '../support/pgbouncer';
import { startApp, testEnv } from '../support/services';
import { ownTopic, watchToEnd } from '../support/stories';

/** With what it has by itself: it refuses start-up parameters that it does not know, and 20 sessions serve all. */
describe.each(['transaction', 'session'] as const)('behind PgBouncer in %s mode', (mode) => {
  let database: Awaited<ReturnType<typeof createOwnDatabase>>;
  let pooler: Awaited<ReturnType<typeof startPgBouncer>>;

  beforeAll(async () => {
    database = await createOwnDatabase();
    pooler = await startPgBouncer(database.url, mode);
  });
  afterAll(async () => {
    await pooler.close();
    await database.drop();
  });

  test('the schema is brought up to date, and a film is made', async () => {
    const env = testEnv({ DATABASE_URL: pooler.url });
    await prepareServices(readConfig(env));
    const app = await startApp(env);
    const { topic } = ownTopic();
    const projectId = await app.client.create({ topic, settings: { scenes: 3 } });
    await app.client.start(projectId);
    const seen = await watchToEnd(app.client, projectId);
    expect(seen.at(-1)?.type).toBe('pipeline_done');
    expect((await app.client.status(projectId)).film).toBeDefined();
    await app.close();
  });

  test('each transaction and each statement has its time limit, and leaves none behind', async () => {
    const source = await createDataSource({ url: pooler.url, poolSize: 1, statementTimeoutMs: 2_000 }).initialize();
    const slow = 'SELECT pg_sleep(60)';
    await expect(source.query(slow)).rejects.toThrow('statement timeout');
    await expect(source.transaction((manager) => manager.query(slow))).rejects.toThrow('statement timeout');
    const limits = await source.transaction((manager) =>
      manager.query<unknown[]>(
        `SELECT current_setting('statement_timeout') AS statement, current_setting('idle_in_transaction_session_timeout') AS idle`,
      ),
    );
    expect(limits).toEqual([{ statement: '2s', idle: '2s' }]);
    expect(await source.query(`SELECT current_setting('statement_timeout') AS limit`)).toEqual([{ limit: '0' }]);
    await source.destroy();
  });

  test('more statements at a time than there are sessions wait for each other', async () => {
    const source = await createDataSource({ url: pooler.url, poolSize: mode === 'session' ? 10 : 40 }).initialize();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, number) =>
        source.transaction((manager) => manager.query<{ number: number }[]>('SELECT $1::int AS number', [number])),
      ),
    );
    expect(answers.map(([row]) => row?.number)).toEqual(Array.from({ length: 200 }, (_, number) => number));
    await source.destroy();
  });
});
