import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acquireLock, StackInUse } from '../../dev/stack';
import { identifySelf } from '../../dev/stack/process-identity';
import { until } from '../support/until';
import { cleanEnv, kill9, newStateDir, removeStateDirs, startOwner } from '../support/stack-fixture';

const children: ChildProcess[] = [];

afterEach(async () => {
  await Promise.all(children.splice(0).map(kill9));
  removeStateDirs();
});

const TAKE = `
  const lock = stack.acquireLock(stateDir);
  lock.publish({ uiUrl: 'http://127.0.0.1:1' });
  say({ holds: process.pid });`;

async function taker(stateDir: string) {
  const owner = await startOwner(stateDir, cleanEnv(), TAKE, 'lock');
  children.push(owner.child);
  return owner;
}

function refusal(stateDir: string): StackInUse {
  try {
    acquireLock(stateDir).release();
  } catch (error) {
    if (error instanceof StackInUse) return error;
    throw error;
  }
  throw new Error('the lock was given');
}

it('informs a second starter who holds the folder and what the holder published', async () => {
  const stateDir = newStateDir();
  const { child } = await taker(stateDir);

  const { pid, published, message } = refusal(stateDir);

  expect(pid).toBe(child.pid);
  expect(published).toEqual({ uiUrl: 'http://127.0.0.1:1' });
  expect(message).toContain(stateDir);
});

it('is free at once after the holder was killed with -9', async () => {
  const stateDir = newStateDir();
  const { child } = await taker(stateDir);
  await kill9(child);

  const lock = acquireLock(stateDir);

  expect(refusal(stateDir)).toMatchObject({ pid: process.pid, published: {} });
  lock.release();
});

it('can be taken again after its release', () => {
  const stateDir = newStateDir();
  acquireLock(stateDir).release();
  acquireLock(stateDir).release();
});

it.each([
  ['a free folder', false],
  ['the folder of a dead holder', true],
])('gives %s to exactly one of eight that race for it', async (_, deadHolder) => {
  const stateDir = newStateDir();
  if (deadHolder) await kill9((await taker(stateDir)).child);

  const answers = await Promise.all(Array.from({ length: 8 }, () => taker(stateDir)));

  const winners = answers.filter(({ said }) => 'holds' in (said as object));
  expect(winners).toHaveLength(1);
  const rest = answers.filter((answer) => answer !== winners[0]).map(({ said }) => said);
  expect(rest).toEqual(Array(7).fill(expect.objectContaining({ error: 'StackInUse', pid: winners[0]?.child.pid })));
});

it('leaves only the lock itself in the folder', () => {
  const stateDir = newStateDir();
  const lock = acquireLock(stateDir);
  expect(readdirSync(stateDir).filter((name) => name.startsWith('lock'))).toEqual(['lock']);
  lock.release();
});

it('does not wait for ever for a lock folder that holds something else', () => {
  const stateDir = newStateDir();
  acquireLock(stateDir).release();
  writeFileSync(join(stateDir, 'lock', 'notes.txt'), '');
  expect(() => acquireLock(stateDir)).toThrow(/not a lock/);
});

it('is not taken from a holder in another container, whose process cannot be seen, while that lives', () => {
  const stateDir = newStateDir();
  const [boot = ''] = identifySelf().startedAt.split('.');
  const file = join(stateDir, 'lock', `1-${boot}.7.12345`);
  mkdirSync(join(stateDir, 'lock'), { recursive: true });
  writeFileSync(file, '{}');
  const { message, hint } = refusal(stateDir);
  expect([message, hint]).toEqual([
    expect.stringContaining('(process 1)'),
    expect.stringContaining('another container'),
  ]);

  const before = new Date(Date.now() - 61_000);
  utimesSync(file, before, before);
  acquireLock(stateDir).release();
});

it('shows by itself that its holder lives', async () => {
  const stateDir = newStateDir();
  const lock = acquireLock(stateDir);
  const [name = ''] = readdirSync(join(stateDir, 'lock'));
  const file = join(stateDir, 'lock', name);
  utimesSync(file, new Date(0), new Date(0));
  await until('a beat', () => statSync(file).mtimeMs > 0);
  lock.release();
  expect(readdirSync(join(stateDir, 'lock'))).toEqual([]);
});
