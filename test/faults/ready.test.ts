import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareServices } from '../../src/cli/services';
import { StoryClient } from '../../src/client';
import { readConfig, type Config } from '../../src/config';
import { createLogger } from '../../src/logger';
import { createWorker, type RunningWorker } from '../../src/worker';
import { CommandLine } from '../support/command-line';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { fromSetup, testEnv } from '../support/services';
import { TcpProxy } from '../support/tcp-proxy';
import { temporal } from '../support/temporal-command';
import { until } from '../support/until';

interface Line {
  readonly msg: string;
  readonly waitsFor?: string;
}

/** What a worker in this process logs. */
function listening() {
  const lines: Line[] = [];
  const logger = createLogger('info', 'worker', { write: (line) => void lines.push(JSON.parse(line) as Line) });
  return { lines, logger, waitsFor: () => new Set(lines.flatMap(({ waitsFor }) => waitsFor ?? [])) };
}

/** What a person types, and what is printed; the exit code last. */
async function type(config: Config, ...words: readonly string[]) {
  const shell = new CommandLine(() => config);
  await shell.run(...words);
  return { text: shell.stdout, said: shell.stderr, code: shell.exitCode };
}

const findings = async (config: Config) => {
  const { text, code } = await type(config, 'doctor', '--json');
  const list = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { service: string; ok: boolean; detail?: string; advice?: string });
  const of = (service: string) => list.find((finding) => finding.service === service);
  return { of, code };
};

describe('A worker', () => {
  let database: OwnDatabase;
  let redis: TcpProxy;
  let config: Config;
  const mediaDir = join(fromSetup('STORYREEL_TEST_FOLDER'), `ready-${randomUUID()}`);
  const name = `ready-${randomUUID().slice(0, 8)}`;
  const started: RunningWorker[] = [];

  beforeAll(async () => {
    database = await createOwnDatabase({ migrated: false });
    redis = await TcpProxy.start(Number(new URL(fromSetup('STORYREEL_TEST_REDIS_URL')).port));
    await redis.refuse();
    writeFileSync(mediaDir, 'no folder');
    const probe = await TcpProxy.start(1);
    await probe.refuse();
    config = readConfig(
      testEnv({
        DATABASE_URL: database.url,
        TEMPORAL_NAMESPACE: name,
        REDIS_URL: `redis://127.0.0.1:${redis.port}`,
        MEDIA_DIR: mediaDir,
        METRICS_ADDRESS: `127.0.0.1:${probe.port}`,
      }),
    );
  });
  afterAll(async () => {
    await Promise.all(started.map((worker) => worker.stop()));
    await redis.refuse();
    await database.drop();
    rmSync(mediaDir, { recursive: true, force: true });
  });

  const ask = async (path: string) => {
    const response = await fetch(`http://${config.METRICS_ADDRESS}${path}`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  test('waits, states for what, and begins by itself when all is there', async () => {
    const { lines, logger, waitsFor } = listening();
    const starting = createWorker({ settings: config, logger }).then((worker) => void started.push(worker));
    await until('it has stated what it waits for', () => waitsFor().size === 4);
    expect([...waitsFor()].sort()).toEqual(['media', 'namespace', 'redis', 'schema']);
    expect(lines.find(({ waitsFor: need }) => need === 'namespace')?.msg).toContain(`namespace create ${name}`);
    expect(lines.find(({ waitsFor: need }) => need === 'schema')?.msg).toContain('storyreel migrate');
    expect(await ask('/healthz')).toMatchObject({ status: 200, body: { healthy: true } });
    const waiting = await ask('/readyz');
    expect(waiting.status).toBe(503);
    expect(waiting.body['waitsFor']).toHaveLength(4);
    await expect(type(config, 'health')).resolves.toMatchObject({ code: 0 });
    await expect(type(config, 'health', '--ready')).resolves.toMatchObject({ code: 1 });

    await redis.accept();
    rmSync(mediaDir);
    await temporal('operator', 'namespace', 'create', '--namespace', name);
    await until('the namespace is there without search attributes', () =>
      lines.some(({ msg }) => msg.includes('search attributes StoryProject')),
    );
    expect(started).toEqual([]);
    await prepareServices(config);
    await starting;
    expect(lines.map(({ msg }) => msg)).toContain('worker is ready');
    expect(await ask('/readyz')).toMatchObject({ status: 200, body: { ready: true, waitsFor: [] } });
    const doctor = await until('doctor finds the worker', async () => {
      const found = await findings(config);
      return found.of('worker')?.ok && found;
    });
    expect(doctor.of('postgres')).toMatchObject({ ok: true });

    await redis.refuse();
    await until('Redis is missed', async () => ((await ask('/readyz')).body['doesWithout'] as unknown[]).length === 1);
    expect(await ask('/readyz')).toMatchObject({ status: 200, body: { ready: true } });
    await redis.accept();
  });

  test('of a build that is not current states it, as do doctor and status, with the command that mends it', async () => {
    const { DATABASE_URL, TEMPORAL_NAMESPACE } = config;
    const own = readConfig(
      testEnv({ DATABASE_URL, TEMPORAL_NAMESPACE, WORKER_DEPLOYMENT_NAME: name, WORKER_BUILD_ID: '1.4.0' }),
    );
    const command = `set-current-version --deployment-name ${name} --build-id 1.4.0 --yes --namespace ${name}`;
    const { lines, logger } = listening();
    const absent = await findings(own);
    expect(absent.of('worker')).toMatchObject({ ok: false, advice: 'Start one: storyreel worker' });
    started.push(await createWorker({ settings: own, logger }));
    await until('the worker has stated it', () => lines.some(({ msg }) => msg.includes(command)));
    const client = await StoryClient.connect(own);
    const projectId = await client.create({ topic: 'a build that waits' });
    await until('doctor and status state it', async () => {
      const { of, code } = await findings(own);
      const { said } = await type(own, 'status', projectId);
      return code === 1 && of('worker')?.advice?.includes(command) && said.includes(command);
    });
    await client.close();

    await temporal(
      ...['worker', 'deployment', 'set-current-version', '--deployment-name', name].concat([
        ...['--build-id', '1.4.0', '--yes', '--namespace', name],
      ]),
    );
    await until('the worker has work', () => lines.some(({ msg }) => msg.includes('is of the current build')));
    await until('doctor agrees', async () => (await findings(own)).of('worker')?.ok);

    // A worker without a build gets nothing from then on.
    const bare = listening();
    const { TEMPORAL_TASK_QUEUE } = own;
    started.push(
      await createWorker({
        settings: readConfig(testEnv({ DATABASE_URL, TEMPORAL_NAMESPACE, TEMPORAL_TASK_QUEUE })),
        logger: bare.logger,
      }),
    );
    await until('it states it', () => bare.lines.some(({ msg }) => msg.includes('--unversioned --yes')));
  });

  test('doctor refuses a database that is read-only, and names the schedule of a task queue without workers', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c default_transaction_read_only=on');
    const other = readConfig(testEnv({ DATABASE_URL: url.href, TEMPORAL_NAMESPACE: name }));
    const { of } = await findings(other);
    expect(of('postgres')).toMatchObject({ ok: false, detail: expect.stringContaining('read-only') as string });
    const left = `${TASK_QUEUE_LEFT}-reconcile`;
    await prepareServices(
      readConfig(
        testEnv({ DATABASE_URL: database.url, TEMPORAL_NAMESPACE: name, TEMPORAL_TASK_QUEUE: TASK_QUEUE_LEFT }),
      ),
    );
    const stray = await until('the schedule is listed', async () => {
      const found = (await findings(other)).of('temporal');
      return found?.advice?.includes(left) && found;
    });
    expect(stray).toMatchObject({
      ok: true,
      advice: expect.stringContaining(`schedule delete --schedule-id ${left}`) as string,
    });
  });
});

const TASK_QUEUE_LEFT = `left-${randomUUID().slice(0, 8)}`;

test('The client states of a database that was not migrated what to do', async () => {
  const database = await createOwnDatabase({ migrated: false });
  const client = await StoryClient.connect(readConfig(testEnv({ DATABASE_URL: database.url })));
  await expect(client.create({ topic: 'too early' })).rejects.toMatchObject({
    type: 'Database.NotMigrated',
    message: expect.stringContaining('storyreel migrate') as string,
  });
  await client.close();
  await database.drop();
});
