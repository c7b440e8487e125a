import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, StackError } from './stack-error';
import type { Env } from './stack-types';

const TOOLS = 'tools';
/** All that other users may not do with what lies in the state folder. */
const OTHERS = 0o077;
/** Of root's state folder alone: the account that Postgres runs as must pass through it, and may not look around. */
const PASS_THROUGH = 0o011;

/**
 * Makes the folder that all state lives in. What this process and those that it starts write from now on is the user's alone,
 * and so is what lies there already: prompts, texts, films and the databases. Throws `StackError` naming the folder when it
 * cannot be written.
 */
export function prepareStateDir(stateDir: string): void {
  const probe = join(stateDir, `.write-test-${process.pid}`);
  try {
    process.umask(OTHERS);
    mkdirSync(join(stateDir, 'logs'), { recursive: true });
    keepPrivate(stateDir);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new StackError(
      `Cannot write to the folder ${stateDir}: ${messageOf(error)}`,
      'Storyreel keeps its databases there: make the folder writable, free some space, or work in another copy of the project',
      { cause: error },
    );
  }
}

function keepPrivate(stateDir: string): void {
  const isRoot = process.getuid?.() === 0;
  chmodSync(stateDir, isRoot ? 0o700 | PASS_THROUGH : 0o700);
  for (const name of readdirSync(stateDir)) {
    const path = join(stateDir, name);
    // Programs are nobody's secret; a state folder in here, as of a test, is kept by whoever uses it.
    if (name === TOOLS || existsSync(join(path, 'logs'))) continue;
    const entry = lstatSync(path, { throwIfNoEntry: false });
    const isOurs = entry && !entry.isSymbolicLink() && entry.uid === process.getuid?.();
    if (isOurs && (entry.mode & OTHERS) !== 0) chmodSync(path, entry.mode & 0o700);
  }
}

/** Fetched programs live here; several state folders may share one through STORYREEL_TOOLS_DIR. */
export function toolsDirOf(stateDir: string, env: Env): string {
  return env.STORYREEL_TOOLS_DIR || join(stateDir, TOOLS);
}

export function logFileOf(stateDir: string, service: string): string {
  return join(stateDir, 'logs', `${service}.log`);
}
