import { writeFile } from 'node:fs/promises';
import { withRedis } from '../../dev/stack/outside-service';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { FullDisks } from '../../src/full-disks';
import { StoryreelError } from '../../src/protocol';
import { createOwnDatabase } from '../support/own-database';
import { RedisServers, type RedisServer } from '../support/redis-servers';
import { testEnv } from '../support/services';
import { ownTopic } from '../support/stories';
import { until } from '../support/until';
import { WorkerProcess } from '../support/worker-process';

/** What a worker has logged of disks. */
function saidBy(worker: WorkerProcess): string[] {
  const lines = worker.log.trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg).filter((msg) => msg.startsWith('the disk of'));
}

describe('A disk that has no room left', () => {
  const servers = RedisServers.open();
  let database: Awaited<ReturnType<typeof createOwnDatabase>>;
  let redis: RedisServer;
  let client: StoryClient;
  let worker: WorkerProcess;

  beforeAll(async () => {
    database = await createOwnDatabase();
    redis = await servers.start('Valkey', ['--enable-protected-configs', 'yes']);
    const env = testEnv({ DATABASE_URL: database.url, REDIS_URL: redis.url });
    worker = await WorkerProcess.start(env);
    client = await StoryClient.connect(readConfig(env));
  });
  afterAll(async () => {
    await client.close();
    await worker.kill();
    await servers.close();
    await database.drop();
  });

  const configure = (...settings: [string, string][]) =>
    withRedis(redis.url, 5_000, async (at) => {
      for (const [name, value] of settings) await at.config('SET', name, value);
    });
  const saves = (status: string) =>
    until(`a save that is ${status}`, () =>
      withRedis(redis.url, 5_000, async (at) => {
        await at.bgsave().catch(() => undefined);
        return (await at.info('persistence')).includes(`rdb_last_bgsave_status:${status}`);
      }),
    );

  test('is named once where it is that of Redis, and once more when it takes writes again', async () => {
    const [, folder = ''] = await withRedis(redis.url, 5_000, (at) => at.config('GET', 'dir') as Promise<string[]>);
    await configure(['save', '3600 1'], ['dir', '/proc']);
    await saves('err');
    const projectId = await client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    await client.start(projectId, { stages: ['rewrite'] });
    await until('the end', async () => (await client.status(projectId)).status === 'completed');
    const host = new URL(redis.url).host;
    expect(saidBy(worker)).toEqual([`the disk of Redis (${host}) has no room left; work waits until there is some`]);
    await configure(['dir', folder]);
    await saves('ok');
    await until('the worker has seen it', () => saidBy(worker).includes(`the disk of Redis (${host}) has room again`));
    expect(saidBy(worker)).toHaveLength(2);
  });

  test('is named where it is that of Postgres', async () => {
    await database.dataSource.query(`
      CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER full_disk BEFORE UPDATE ON lanes FOR EACH ROW EXECUTE FUNCTION full_disk()`);
    const projectId = await client.create({ topic: ownTopic().topic, settings: { scenes: 1 } });
    await client.start(projectId, { stages: ['rewrite'] });
    await until('it is named', () => saidBy(worker).some((line) => /disk of Postgres \(.*\) has no room/.test(line)));
    await database.dataSource.query('DROP TRIGGER full_disk ON lanes');
    await until('it is named again', () =>
      saidBy(worker).some((line) => /disk of Postgres \(.*\) has room/.test(line)),
    );
    await until('the end', async () => (await client.status(projectId)).status === 'completed');
  });

  test('is distinguished from other faults, and stated once however many lanes meet it', async () => {
    const lines: string[] = [];
    const log = (_fields: object, line: string) => void lines.push(line);
    const disks = new FullDisks({ error: log, warn: log } as never, 1);
    let full = true;
    const met = disks.watch('the disk', () => (full ? Promise.reject(new Error('no')) : Promise.resolve()));
    const cause: unknown = await writeFile('/dev/full', 'x').catch((error: unknown) => error);
    met(new StoryreelError('Media.Unavailable', 'EACCES on open'));
    met(undefined);
    expect(lines).toEqual([]);
    for (let i = 0; i < 3; i++) met(new StoryreelError('Media.Unavailable', 'it cannot be used', { cause }));
    expect(lines).toEqual(['the disk has no room left; work waits until there is some']);
    full = false;
    await until('it has room', () => lines.length === 2);
    met(cause);
    expect(lines).toHaveLength(3);
    disks.close();
  });
});
