import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnv } from '../child-env';
import type { Stack } from '../stack';

/** A program of ours that uses the stack and ends with it. */
export interface GuestProgram {
  readonly name: string;
  /** Compiled, relative to `dist`. */
  readonly script: string;
  readonly args: readonly string[];
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** Beside that of this process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  /** Standard output is read by us instead of going to the log. */
  readonly talks: boolean;
}

/** Compiled, this file lies in `dist/dev/start`. */
export const DIST = join(__dirname, '..', '..');

/** Detached, so that Ctrl-C in the terminal reaches us only: we stop everything in order. */
export function startGuest(stack: Stack, program: GuestProgram): ChildProcess {
  const log = openSync(program.logFile, 'a');
  const child = spawn(process.execPath, [...(program.node ?? []), join(DIST, program.script), ...program.args], {
    detached: true,
    stdio: ['pipe', program.talks ? 'pipe' : log, log],
    env: childEnv({ ...process.env, ...program.env }, 'own'),
  });
  closeSync(log);
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  if (child.pid !== undefined) stack.adopt(child.pid, program.name);
  return child;
}

/** The end of a log, in one line. */
export function lastLine(logFile: string): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').at(-1)?.slice(0, 300) ?? '';
}
