import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import {
  createDataSource,
  type DataSourceSettings,
  entities,
  Film,
  Lane,
  migrate,
  ModelUsage,
  Project,
  PromptTemplate,
  Scene,
  TextEdit,
} from '../../src/entities';
import { until } from '../support/until';
import { migrations } from '../../src/entities/migrations';
import { laneId, type ProjectId } from '../../src/protocol';

const ALL = migrations.map((Migration) => new Migration().name);

let admin: Client;
let database: string;
const open: DataSource[] = [];

/** A data source of its own on this test's database, as another process would have. */
async function connect(settings: Omit<DataSourceSettings, 'url'> = {}): Promise<DataSource> {
  const url = new URL(adminUrl());
  url.pathname = `/${database}`;
  const dataSource = await createDataSource({ url: url.href, ...settings }).initialize();
  open.push(dataSource);
  return dataSource;
}

function adminUrl(): string {
  const url = process.env['STORYREEL_TEST_POSTGRES_URL'];
  if (url === undefined) throw new Error('STORYREEL_TEST_POSTGRES_URL is not set: these tests need a Postgres server');
  return url;
}

async function revertAll(dataSource: DataSource): Promise<void> {
  for (let left = ALL.length; left > 0; left -= 1) await dataSource.undoLastMigration();
}

async function column(dataSource: DataSource, sql: string): Promise<string[]> {
  const rows: { value: string }[] = await dataSource.query(sql);
  return rows.map((row) => row.value);
}

/** What the connections to this test's database have been waiting for, for at least this long. */
async function waitingFor(atLeast: string): Promise<string[]> {
  const { rows } = await admin.query<{ wait_event: string }>(
    `SELECT wait_event FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'
      AND clock_timestamp() - query_start > $2::interval ORDER BY 1`,
    [database, atLeast],
  );
  return rows.map((row) => row.wait_event);
}

const tables = (dataSource: DataSource): Promise<string[]> =>
  column(dataSource, `SELECT tablename AS value FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`);

const newProject = (dataSource: DataSource): Promise<Project> =>
  dataSource.getRepository(Project).save({ name: 'Storms', topic: 'a keeper 🌊 收集风暴的人' });

beforeEach(async () => {
  admin = new Client({ connectionString: adminUrl() });
  await admin.connect();
  database = `migrations_${randomUUID().replaceAll('-', '')}`;
  await admin.query(`CREATE DATABASE ${database}`);
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((dataSource) => dataSource.destroy()));
  await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
  await admin.end();
});

describe('the schema', () => {
  test('goes up, down to nothing but the list of migrations, and up again', async () => {
    const dataSource = await connect();
    expect(await migrate(dataSource)).toEqual(ALL);
    const after = await tables(dataSource);
    expect(after).toEqual([...entities.map((entity) => dataSource.getMetadata(entity).tableName), 'migrations'].sort());

    await revertAll(dataSource);
    expect(await tables(dataSource)).toEqual(['migrations']);
    expect(await dataSource.query('SELECT * FROM migrations')).toEqual([]);

    expect(await migrate(dataSource)).toEqual(ALL);
    expect(await tables(dataSource)).toEqual(after);
  });

  test('is what the entities state', async () => {
    const dataSource = await connect();
    await migrate(dataSource);
    const difference = await dataSource.driver.createSchemaBuilder().log();
    expect(difference.upQueries.map((query) => query.query)).toEqual([]);
  });

  test('lets enumerated columns hold exactly the words that the entities allow', async () => {
    const dataSource = await connect();
    await migrate(dataSource);
    // TypeORM compares checks by name alone, so their words are compared here.
    const words = (text: string): string[] => [...text.matchAll(/'(\w+)'/g)].map((match) => match[1] ?? '').sort();
    const rows: { name: string; definition: string }[] = await dataSource.query(
      `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
        WHERE contype = 'c' AND connamespace = 'public'::regnamespace`,
    );
    const inDatabase = Object.fromEntries(rows.map((row) => [row.name, words(row.definition)]));
    const inEntities = Object.fromEntries(
      dataSource.entityMetadatas.flatMap((entity) =>
        entity.checks.map((check) => [check.name, words(check.expression)]),
      ),
    );
    expect(inDatabase).toEqual(inEntities);
    await expect(
      dataSource.query(`INSERT INTO projects (name, topic, status) VALUES ('', '', 'done')`),
    ).rejects.toThrow('projects_status_check');
  });
});

describe('migrate', () => {
  test('keeps rows, and calls under way, if columns get other names', async () => {
    const dataSource = await connect();
    await migrate(dataSource);
    for (let left = ALL.length - ALL.indexOf('PlainColumns1795895000000'); left > 0; left -= 1) {
      await dataSource.undoLastMigration();
    }
    const [{ id }] = await dataSource.query<[{ id: ProjectId }]>(
      `INSERT INTO projects (name, topic) VALUES ('Storms', 'a keeper') RETURNING id`,
    );
    await dataSource.query(
      `INSERT INTO lanes (project_id, lane, stage, accepted, attempted_hash) VALUES ($1, 'rewrite', 'rewrite', true, 'h')`,
      [id],
    );
    await dataSource.query(
      `INSERT INTO model_usage (project_id, lane, fence, attempt, provider, model, input_tokens, output_tokens, outcome,
         call_key, continues) VALUES ($1, 'rewrite', 2, 1, 'p', 'm', 0, 0, 'open', 'job/1', 1)`,
      [id],
    );
    await dataSource.query(
      `INSERT INTO text_edits (project_id, lane, version, fence_before, fence_after, departs_at, sha256_before,
         sha256_after, replaced, begun) VALUES ($1, 'rewrite', 1, 1, 2, 5, 'a', 'b', 'The old text', 'The new one')`,
      [id],
    );

    await migrate(dataSource);
    const of = { projectId: id };
    expect(await dataSource.manager.findBy(Lane, of)).toMatchObject([
      { acceptsInputs: true, inProgressInputHash: 'h' },
    ]);
    expect(await dataSource.manager.findBy(ModelUsage, of)).toMatchObject([
      { outcome: 'in_flight', idempotencyKey: 'job/1', continuesFence: 1 },
    ]);
    expect(await dataSource.manager.findBy(TextEdit, of)).toMatchObject([
      { commonPrefixBytes: 5, previousText: 'The old text', partialText: 'The new one' },
    ]);
  });

  test('applies nothing where the schema is up to date', async () => {
    const dataSource = await connect();
    await migrate(dataSource);
    expect(await migrate(dataSource)).toEqual([]);
  });

  test('applies once when several deploys start at the same time', async () => {
    const deploys = await Promise.all([connect(), connect(), connect()]);
    const applied = await Promise.all(deploys.map((dataSource) => migrate(dataSource)));
    expect(applied.sort((a, b) => b.length - a.length)).toEqual([ALL, [], []]);
  });

  test('waits for another deploy for longer than a statement may normally take', async () => {
    const dataSource = await connect();
    await migrate(dataSource);
    await revertAll(dataSource);
    const blocker = dataSource.createQueryRunner();
    await blocker.startTransaction();
    await blocker.query('LOCK TABLE migrations');

    // The same limit ends a transaction that pauses between two statements, which a busy machine makes it do.
    const deploys = await Promise.all([0, 1].map(() => connect({ statementTimeoutMs: 2_000 })));
    const applied = Promise.all(deploys.map((deploy) => migrate(deploy)));
    // One holds the advisory lock and waits for the table, the other waits for the advisory lock.
    await until('both wait', async (saw) => saw((await waitingFor('2100 ms')).join()) === 'advisory,relation');
    await blocker.rollbackTransaction();
    await blocker.release();
    expect((await applied).sort((a, b) => b.length - a.length)).toEqual([ALL, []]);
  });

  test('leaves nothing behind when a migration fails', async () => {
    const dataSource = await connect();
    await dataSource.query('CREATE TABLE model_usage ()');
    await expect(migrate(dataSource)).rejects.toThrow('already exists');
    expect(await tables(dataSource)).toEqual(['model_usage']);
  });
});

describe('rows', () => {
  let dataSource: DataSource;

  beforeEach(async () => {
    dataSource = await connect();
    await migrate(dataSource);
  });

  test('of a project go with it', async () => {
    const { id: projectId } = await newProject(dataSource);
    const scene = await dataSource.getRepository(Scene).save({
      projectId,
      sequenceNumber: 1,
      narration: 'n',
      visualPrompt: 'v',
      shotType: 'wide',
      durationSeconds: 2.5,
    });
    await dataSource.query(
      `INSERT INTO generated_videos (project_id, scene_id, status, input_hash, idempotency_key, provider, model, fence)
        VALUES ($1, $2, 'submitted', 'h', 'k', 'studio', 'm', 1)`,
      [projectId, scene.id],
    );
    await dataSource.getRepository(Lane).insert({ projectId, lane: 'video_generation/1', stage: 'video_generation' });

    await dataSource.getRepository(Project).delete(projectId);
    for (const table of ['storyboards', 'generated_videos', 'lanes']) {
      expect(await dataSource.query(`SELECT * FROM ${table}`)).toEqual([]);
    }
  });

  test('of every table that belongs to a project or a scene are tied to it by a cascading foreign key', () => {
    const untied = dataSource.entityMetadatas
      .flatMap((entity) => entity.columns.map((of) => ({ entity, of })))
      .filter(({ of }) => of.propertyName === 'projectId' || of.propertyName === 'sceneId')
      .filter(
        ({ entity, of }) => !entity.foreignKeys.some((key) => key.columns.includes(of) && key.onDelete === 'CASCADE'),
      );
    expect(untied.map(({ entity, of }) => `${entity.tableName}.${of.databaseName}`)).toEqual([]);
  });

  test('carry fences and sizes as numbers, to the last digit', async () => {
    const { id: projectId } = await newProject(dataSource);
    const fence = 1_795_478_400_123_007;
    const lanes = dataSource.getRepository(Lane);
    await lanes.insert({ projectId, lane: 'film', stage: 'film', fence });
    expect(await lanes.findOneByOrFail({ projectId, lane: laneId('film') })).toMatchObject({
      fence,
      settledFence: null,
    });
    await lanes.update({ projectId, lane: laneId('film'), fence }, { settledFence: fence });
    expect(await lanes.findOneByOrFail({ projectId, lane: laneId('film') })).toMatchObject({ settledFence: fence });

    const bytes = 5_000_000_000;
    const media = {
      sha256: 'h',
      mediaType: 'video/mp4',
      durationSeconds: 3600,
      width: 1280,
      height: 720,
      path: 'h.mp4',
    };
    await dataSource.getRepository(Film).save({ projectId, bytes, sceneCount: 500, inputHash: 'h', fence, ...media });
    expect(await dataSource.getRepository(Film).findOneByOrFail({ projectId })).toMatchObject({ bytes, fence });
  });

  test('of a project have defaults, and a version that only an edit changes', async () => {
    const projects = dataSource.getRepository(Project);
    const { id } = await newProject(dataSource);
    const fresh = await projects.findOneByOrFail({ id });
    expect(fresh).toMatchObject({ status: 'draft', settings: {}, owner: null, error: null, version: 1 });
    expect(fresh.topic).toBe('a keeper 🌊 收集风暴的人');
    const error = { type: 'Stream.Cut', message: 'cut', retryable: true } as const;
    await projects.update({ id, version: 1 }, { status: 'failed', error });
    expect(await projects.findOneByOrFail({ id })).toMatchObject({ status: 'failed', error, version: 1 });
  });

  test('of prompt templates are active one at a time per stage', async () => {
    const templates = dataSource.getRepository(PromptTemplate);
    const template = { stage: 'rewrite', system: 's', user: 'u' };
    await templates.insert({ ...template, version: 1, active: false });
    await templates.insert({ ...template, version: 2, active: true });
    await expect(templates.insert({ ...template, version: 3, active: true })).rejects.toThrow('one_active');
    await templates.insert({ ...template, stage: 'storyboard', version: 1, active: true });
  });
});

describe('the data source', () => {
  test('runs the statements of one connection in their turn, and the time of each begins with it', async () => {
    const dataSource = await connect({ statementTimeoutMs: 2_000 });
    const runner = dataSource.createQueryRunner();
    const ask = (n: number) => runner.query(`SELECT ${n} AS n, pg_sleep(0.2)`) as Promise<{ readonly n: number }[]>;
    const numbers = Array.from({ length: 12 }, (_, i) => i);
    const answers = await Promise.all(numbers.map(ask));
    expect(answers.map(([row]) => row?.n)).toEqual(numbers);
    await runner.release();
  });

  test('ends a statement that runs for too long', async () => {
    const dataSource = await connect({ statementTimeoutMs: 100 });
    await expect(dataSource.query('SELECT pg_sleep(60)')).rejects.toThrow('statement timeout');
  });

  test('opens no more connections than its pool may have, and fails a query that waits too long for one', async () => {
    const dataSource = await connect({ poolSize: 1, acquireTimeoutMs: 1_000, applicationName: 'narrow' });
    const only = dataSource.createQueryRunner();
    expect(await only.query(`SELECT current_setting('application_name') AS name`)).toEqual([{ name: 'narrow' }]);
    await expect(dataSource.query('SELECT 1')).rejects.toThrow('timeout');
    await only.release();
    expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
