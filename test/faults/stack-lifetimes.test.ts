import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { startStack, type Stack } from '../../dev/stack';
import { identify, identifySelf, isAlive } from '../../dev/stack/process-identity';
import {
  cleanEnv,
  kill9,
  newStateDir,
  noneAlive,
  recordedProcesses,
  removeStateDirs,
  startOwner,
} from '../support/stack-fixture';
import { until } from '../support/until';

const children: ChildProcess[] = [];
const stacks: Pick<Stack, 'stop'>[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) await kill9(child);
  for (const stack of stacks.splice(0)) await stack.stop();
  removeStateDirs();
});

const START = `
  const running = await stack.startStack({ stateDir, env, persistent: true, report: () => {} });
  const guest = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
  running.adopt(guest.pid, 'worker');
  say({ postgres: running.postgres.url, redis: running.redis.url });`;

interface Urls {
  postgres: string;
  redis: string;
}

async function ownedStack(stateDir: string) {
  const { child, said } = await startOwner(stateDir, cleanEnv(), START);
  children.push(child);
  return { child, urls: said as Urls, processes: recordedProcesses(stateDir) };
}

async function restart(stateDir: string): Promise<Stack> {
  const stack = await startStack({ stateDir, env: cleanEnv(), persistent: true, report: () => undefined });
  stacks.push(stack);
  return stack;
}

async function sql(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows.flatMap((row) => Object.values(row));
  } finally {
    await client.end();
  }
}

it('ends the services and the adopted processes when their owner is killed with -9', async () => {
  const { child, processes } = await ownedStack(newStateDir());
  expect(processes.map(({ name }) => name).sort()).toEqual(['postgres', 'reaper', 'redis', 'temporal', 'worker']);

  await kill9(child);

  await until('all ended', () => noneAlive(processes));
});

it('starts again with all data after owner, services and reaper were killed with -9 at once', async () => {
  const stateDir = newStateDir();
  const { child, urls, processes } = await ownedStack(stateDir);
  await sql(urls.postgres, 'create table kept as select 7 as number');
  const redis = new Redis(urls.redis);
  await redis.set('kept', 'yes');
  // One second is what the append-only file may lose to a crash of the machine; to that of a process it loses nothing.
  redis.disconnect();

  for (const { pid } of processes) process.kill(pid, 'SIGKILL');
  await kill9(child);
  await until('all ended', () => noneAlive(processes));
  const stack = await restart(stateDir);

  expect(await sql(stack.postgres.url, 'select number from kept')).toEqual([7]);
  const again = new Redis(stack.redis.url);
  expect(await again.get('kept')).toBe('yes');
  again.disconnect();
});

it('stops what is left when owner and reaper were killed with -9 but not the services', async () => {
  const stateDir = newStateDir();
  const { child, processes } = await ownedStack(stateDir);
  const reaper = processes.find(({ name }) => name === 'reaper');
  process.kill(reaper?.pid ?? 0, 'SIGKILL');
  await kill9(child);
  const left = processes.filter(({ name }) => name !== 'reaper');
  expect(left.every(isAlive)).toBe(true);

  await restart(stateDir);

  expect(noneAlive(left)).toBe(true);
});

it('leaves a process alone that merely has the number of a dead one', async () => {
  const stateDir = newStateDir();
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  children.push(bystander);
  const pid = bystander.pid ?? 0;
  const owner = { ...identifySelf(), startedAt: 'long ago' };
  const processes = [{ pid, startedAt: 'long ago', name: 'redis', kind: 'service', stopSignal: 'SIGTERM' }];
  writeFileSync(join(stateDir, 'processes.json'), JSON.stringify({ owner, processes }));

  const stack = await startStack({
    stateDir,
    env: cleanEnv(),
    need: ['redis'],
    persistent: false,
    report: () => undefined,
  });
  stacks.push(stack);

  expect(identify(pid)).toBeDefined();
});

it('starts Postgres although the number in its stale pid file belongs to another living process', async () => {
  const stateDir = newStateDir();
  const first = await restart(stateDir);
  const pidFile = readFileSync(join(stateDir, 'postgres', 'postmaster.pid'), 'utf8');
  await first.stop();
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    stdio: 'ignore',
    ...(process.getuid?.() === 0 ? { uid: 65_534 } : {}),
  });
  children.push(bystander);
  writeFileSync(join(stateDir, 'postgres', 'postmaster.pid'), pidFile.replace(/^\d+/, String(bystander.pid)));

  const second = await restart(stateDir);

  expect(await sql(second.postgres.url, 'select 1')).toEqual([1]);
  expect(identify(bystander.pid ?? 0)).toBeDefined();
});

it('states it when a service ends while it is in use', async () => {
  const messages: string[] = [];
  const stack = await startStack({
    stateDir: newStateDir(),
    env: cleanEnv(),
    need: ['redis'] as const,
    persistent: false,
    report: ({ service, message }) => void messages.push(`${service} ${message}`),
  });
  stacks.push(stack);

  process.kill(stack.pids.redis ?? 0, 'SIGKILL');

  await until('told', () => messages.some((message) => message.startsWith('redis ended unexpectedly')));
});

/** Says when it is told to end, on the clock that all processes share, and whether Redis is there: who hears of two ends may hear of both at once. */
const GUEST = `
  process.on('SIGTERM', () => {
    const at = process.hrtime.bigint();
    let redis = 'up';
    try {
      process.kill(Number(process.argv[1]), 0);
    } catch {
      redis = 'down';
    }
    process.stdout.write(at + ' ' + redis, () => process.exit());
  });
  setInterval(() => {}, 1000);
  process.stdout.write('ready');`;

it('ends adopted processes before the services, the last one first', async () => {
  const stack = await startStack({
    stateDir: newStateDir(),
    env: cleanEnv(),
    need: ['redis'],
    persistent: false,
    report: () => undefined,
  });
  stacks.push(stack);
  const guests: { readonly name: string; readonly said: Promise<string> }[] = [];
  for (const name of ['studio', 'worker']) {
    const guest = spawn(process.execPath, ['-e', GUEST, String(stack.pids.redis ?? 0)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(guest);
    await once(guest.stdout, 'data');
    guests.push({ name, said: text(guest.stdout) });
    stack.adopt(guest.pid ?? 0, name);
  }

  await stack.stop();

  const ends = await Promise.all(
    guests.map(async ({ name, said }) => {
      const [at = '', redis = ''] = (await said).split(' ');
      return { at: BigInt(at), what: `${name}, redis ${redis}` };
    }),
  );
  const order = ends.sort((one, other) => Number(one.at - other.at)).map(({ what }) => what);
  expect(order).toEqual(['worker, redis up', 'studio, redis up']);
});
