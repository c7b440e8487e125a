import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { loadStatusRows } from '../../src/client/watch/project-rows';
import { storyreelError } from '../../src/client/client-errors';
import { createDataSource, Lane, lockProject, Project, ProjectStage } from '../../src/entities';
import type { ProjectId } from '../../src/protocol';
import { createOwnDatabase } from '../support/own-database';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';

let database: Awaited<ReturnType<typeof createOwnDatabase>>;
let proxy: TcpProxy;
const opened: DataSource[] = [];

beforeAll(async () => {
  database = await createOwnDatabase();
  proxy = await TcpProxy.start(Number(new URL(database.url).port));
});
afterEach(async () => {
  proxy.heal();
  for (const source of opened.splice(0)) await source.destroy();
});
afterAll(async () => {
  await proxy.close();
  await database.drop();
});

async function open(options: Partial<Parameters<typeof createDataSource>[0]> = {}): Promise<DataSource> {
  const url = new URL(database.url);
  url.port = String(proxy.port);
  const source = await createDataSource({ url: url.href, poolSize: 4, ...options }).initialize();
  opened.push(source);
  return source;
}

const newProject = async (): Promise<ProjectId> => {
  const { id } = await database.dataSource.getRepository(Project).save({ name: 'film', topic: 'storms' });
  return id;
};

const pids = (source: DataSource, many: number): Promise<number[]> =>
  Promise.all(
    Array.from({ length: many }, () =>
      source.transaction(async (manager) => {
        const [row] = await manager.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid, pg_sleep(0.1)');
        return row?.pid ?? 0;
      }),
    ),
  );

describe('A server that is not the right one any more', () => {
  test('takes no writes: all connections to it are left', async () => {
    const source = await open();
    const before = await pids(source, 4);
    const readOnly = source.transaction(async (manager) => {
      await manager.query('SET TRANSACTION READ ONLY');
      await manager.query(`UPDATE projects SET name = 'other'`);
    });
    await expect(readOnly).rejects.toMatchObject({ code: '25006' });
    const after = await pids(source, 4);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  });

  test('is silent: whoever asks next has a new connection', async () => {
    const source = await open({ poolSize: 2 });
    await pids(source, 2);
    proxy.hang();
    proxy.heal();
    await expect(source.transaction((manager) => manager.query('SELECT 1'))).rejects.toThrow('Query read timeout');
    expect(await source.transaction((manager) => manager.query<unknown[]>('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });

  test('is silent in the middle of a statement: its place in the pool is free again', async () => {
    const source = await open({ poolSize: 1, statementTimeoutMs: 1_000 });
    await source.query('SELECT 1');
    const asked = expect(source.query('SELECT pg_sleep(60)')).rejects.toThrow('Query read timeout');
    proxy.hang();
    await asked;
    proxy.heal();
    expect(await source.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

test('A signal that arrives late ends no statement but the one that took too long', async () => {
  const port = Number(new URL(database.url).port);
  const isCancel = (bytes: Buffer) => bytes.length === 16 && bytes.readInt32BE(4) === 80_877_102;
  const signal = async (bytes: Buffer) => {
    const server = connect(port, '127.0.0.1');
    server.end(bytes);
    server.resume();
    await once(server, 'close');
  };
  // The server signals a session twice, and on a busy machine the second signal arrives after the first has had its effect.
  const front = createServer((client) => {
    client.on('error', () => undefined);
    client.once('data', (first: Buffer) => {
      if (isCancel(first)) {
        void signal(first)
          .then(() => sleep(300))
          .then(() => signal(first))
          .then(() => client.end());
        return;
      }
      const server = connect(port, '127.0.0.1');
      server.on('error', () => undefined);
      server.on('close', () => client.destroy());
      client.on('close', () => server.destroy());
      server.write(first);
      client.pipe(server).pipe(client);
    });
  }).listen(0, '127.0.0.1');
  await once(front, 'listening');
  const url = new URL(database.url);
  url.port = String((front.address() as AddressInfo).port);
  url.searchParams.set('sslmode', 'disable');
  const source = await createDataSource({ url: url.href, poolSize: 1, statementTimeoutMs: 1_000 }).initialize();
  await expect(source.query('SELECT pg_sleep(60)')).rejects.toThrow('statement timeout');
  expect(await source.query(`SELECT 1 AS one FROM pg_sleep(0.6)`)).toEqual([{ one: 1 }]);
  await source.destroy();
  await new Promise((closed) => front.close(closed));
});

describe('A race that a transaction has lost', () => {
  test('is run again: both that waited for each other take effect', async () => {
    const source = await open();
    const [a, b] = [await newProject(), await newProject()];
    let tries = 0;
    let met = 0;
    const both = (first: string, second: string) =>
      source.transaction(async (manager) => {
        tries++;
        await manager.query('UPDATE projects SET version = version + 1 WHERE id = $1', [first]);
        met++;
        await until('both hold their first row, once', () => met >= 2);
        await manager.query('UPDATE projects SET version = version + 1 WHERE id = $1', [second]);
      });
    await Promise.all([both(a, b), both(b, a)]);
    expect(tries).toBe(3);
    const rows = await source.getRepository(Project).findBy([{ id: a }, { id: b }]);
    expect(rows.map(({ version }) => version)).toEqual([3, 3]);
  });

  test('by what has changed since it began to read is run again as well', async () => {
    const source = await open();
    const id = await newProject();
    let tries = 0;
    await source.transaction('REPEATABLE READ', async (manager) => {
      await manager.findOneByOrFail(Project, { id });
      if (++tries === 1) await database.dataSource.query('UPDATE projects SET version = 7 WHERE id = $1', [id]);
      await manager.query('UPDATE projects SET version = version + 1 WHERE id = $1', [id]);
    });
    expect(tries).toBe(2);
    expect((await source.getRepository(Project).findOneByOrFail({ id })).version).toBe(8);
  });
});

describe('The pool', () => {
  test('gives a transaction no second connection', async () => {
    const source = await open({ oneEach: true });
    const nested = source.transaction(() => source.query('SELECT 1'));
    await expect(nested).rejects.toThrow('second connection');
    expect(await source.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('that is used up for too long states it, and which setting it is', async () => {
    const source = await open({ poolSize: 1, acquireTimeoutMs: 200 });
    let giveBack: (() => void) | undefined;
    const kept = source.transaction(() => new Promise<void>((resolve) => (giveBack = resolve)));
    await until('the only connection is in use', () => giveBack !== undefined);
    const error = storyreelError(await source.query('SELECT 1').catch((refusal: unknown) => refusal));
    expect(error.type).toBe('Service.Unreachable');
    expect(error.message).toContain('All 1 connections to Postgres were in use');
    expect(error.message).toContain('DATABASE_POOL_SIZE');
    giveBack?.();
    await kept;
  });
});

test('Those who lock a project first never wait for each other, in whichever order they write', async () => {
  const source = await open({ poolSize: 8 });
  const projectId = await newProject();
  const stages = ['rewrite', 'storyboard', 'camera_movement', 'image_generation'];
  await source.getRepository(ProjectStage).save(stages.map((stage) => ({ projectId, stage })));
  await source.getRepository(Lane).save(stages.map((stage) => ({ projectId, stage, lane: stage })));
  let begun = 0;
  await Promise.all(
    Array.from({ length: 16 }, (_, at) =>
      source.transaction(async (manager) => {
        begun++;
        await lockProject(manager, projectId);
        const order = at % 2 === 0 ? stages : [...stages].reverse();
        for (const stage of order) {
          await manager.query('UPDATE lanes SET attempt = attempt + 1 WHERE project_id = $1 AND lane = $2', [
            projectId,
            stage,
          ]);
          await manager.query('UPDATE project_stages SET attempt = attempt + 1 WHERE project_id = $1 AND stage = $2', [
            projectId,
            stage,
          ]);
        }
      }),
    ),
  );
  // None was run again.
  expect(begun).toBe(16);
  expect((await source.getRepository(Lane).findBy({ projectId })).map(({ attempt }) => attempt)).toEqual([
    16, 16, 16, 16,
  ]);
});

test('Where a project stands is one statement, and holds nothing that was written for it', async () => {
  const source = await open({ poolSize: 1 });
  const projectId = await newProject();
  const secret = `text ${randomUUID()}`;
  await source.getRepository(ProjectStage).save({ projectId, stage: 'rewrite', text: secret, sha256: 'hash' });
  const statements: string[] = [];
  source.subscribers.push({ beforeQuery: ({ query }: { query: string }) => void statements.push(query) });
  const standing = await loadStatusRows(source, projectId);
  expect(statements).toHaveLength(1);
  expect(standing?.stages).toMatchObject([{ stage: 'rewrite' }]);
  expect(JSON.stringify(standing)).not.toContain(secret);
});
