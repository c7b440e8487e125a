import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { fromSetup } from '../support/services';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';
import { ownServices, service } from '../architecture/compose-file';
import { projectRoot } from '../architecture/project-files';

const main = join(projectRoot, 'dist', 'src', 'cli', 'main.js');
const database = `containers_${randomUUID().slice(0, 8)}`;
let env: Record<string, string>;

/** What the containers are given, with the services of the tests in place of those of docker-compose.yml. */
beforeAll(async () => {
  const url = new URL(fromSetup('STORYREEL_TEST_POSTGRES_URL'));
  const admin = new Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${database}`);
  await admin.end();
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  url.pathname = `/${database}`;
  env = {
    NODE_ENV: 'production',
    TEMPORAL_ADDRESS: fromSetup('STORYREEL_TEST_TEMPORAL_ADDRESS'),
    TEMPORAL_NAMESPACE: 'default',
    DATABASE_URL: url.href,
    REDIS_URL: fromSetup('STORYREEL_TEST_REDIS_URL'),
    REDIS_CLUSTER: 'off',
    MEDIA_DIR: join(fromSetup('STORYREEL_TEST_FOLDER'), database),
    FFMPEG_PATH: fromSetup('STORYREEL_FFMPEG'),
    GATEWAY_ADDRESS: '127.0.0.1:0',
    METRICS_ADDRESS: `127.0.0.1:${port}`,
  };
});

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running) if (child.exitCode === null) child.kill('SIGKILL');
});

/** The command of a container, in a process of its own, with what it wrote so far. */
function start(command: readonly string[], settings: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [main, ...command], {
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const written = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (written.text += chunk.toString()));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, written, exit };
}

const commandOf = (name: string) => service(name).command ?? [];

it('gives the containers exactly the settings that these tests give the commands', () => {
  for (const [, { environment }] of ownServices) {
    const given = Object.entries(environment ?? {}).filter(([, value]) => value !== null);
    expect(given.map(([name]) => name).sort()).toEqual(Object.keys(env).sort());
  }
});

it('migrates an empty database, finds nothing to do the second time, then serves until it is asked to stop', async () => {
  const first = start(commandOf('migrate'), env);
  expect({ code: await first.exit, text: first.written.text }).toEqual({
    code: 0,
    text: expect.stringContaining('applied migration'),
  });
  const second = start(commandOf('migrate'), env);
  expect({ code: await second.exit, text: second.written.text }).toEqual({
    code: 0,
    text: expect.not.stringContaining('applied migration'),
  });

  const worker = start(commandOf('worker'), { ...env, TEMPORAL_TASK_QUEUE: database, SHUTDOWN_GRACE_MS: '0' });
  await until(
    'the worker is ready',
    () => worker.written.text.includes('worker is ready') || worker.child.exitCode !== null,
  );
  expect(worker.written.text).toContain('worker is ready');

  const health = async () => {
    const [kind, program, ...args] = service('worker').healthcheck?.test ?? [];
    expect([kind, program]).toEqual(['CMD', 'storyreel']);
    const asked = start(args, env);
    return { code: await asked.exit, text: asked.written.text };
  };
  expect(await health()).toMatchObject({ code: 0 });

  worker.child.kill('SIGTERM');
  expect({ code: await worker.exit, text: worker.written.text }).toMatchObject({ code: 0 });
  expect(await health()).toMatchObject({ code: 1 });
});

it('finds a gateway healthy as long as it can answer, by the command of its health check', async () => {
  expect(await start(commandOf('migrate'), env).exit).toBe(0);
  const [kind, program, ...args] = service('gateway').healthcheck?.test ?? [];
  expect([kind, program]).toEqual(['CMD', 'node']);
  const inside = '127.0.0.1:8787';
  expect(args.join(' ')).toContain(inside);
  expect(service('gateway').environment?.['GATEWAY_ADDRESS']).toBe('0.0.0.0:8787');
  const way = new URL(env['DATABASE_URL'] ?? '');
  const postgres = await TcpProxy.start(Number(way.port));
  way.port = String(postgres.port);
  const gateway = start(commandOf('gateway'), { ...env, DATABASE_URL: way.href });
  try {
    const [, address = ''] = await until('it listens', () => {
      expect([gateway.child.exitCode, gateway.written.text]).toEqual([null, expect.any(String)]);
      return /http:\/\/(127\.0\.0\.1:\d+)/.exec(gateway.written.text) ?? false;
    });
    const health = async () => {
      const child = spawn(
        process.execPath,
        args.map((arg) => arg.replace(inside, address)),
      );
      running.push(child);
      const [code] = (await once(child, 'close')) as [number];
      return code;
    };
    expect(await health()).toBe(0);
    await postgres.refuse();
    await until('it is not healthy', async () => (await health()) === 1);
    await postgres.accept();
    await until('it is healthy again', async () => (await health()) === 0);
    gateway.child.kill('SIGTERM');
    expect(await gateway.exit).toBe(0);
    expect(await health()).toBe(1);
  } finally {
    await postgres.close();
  }
});

it('refuses to guess an address in production, in one line', async () => {
  const { DATABASE_URL: _without, ...settings } = env;
  const worker = start(commandOf('worker'), settings);
  expect(await worker.exit).toBe(2);
  expect(worker.written.text).toBe('storyreel: DATABASE_URL must be set in production. See docs/configuration.md.\n');
});
