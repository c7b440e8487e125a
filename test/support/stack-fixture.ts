import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';
import type { ReportLine } from '../../dev/stack';
import { isAlive, type ProcessIdentity } from '../../dev/stack/process-identity';
import { PATIENCE_MS } from './until';

export const PROJECT = resolve(__dirname, '..', '..');
const STATE = resolve(PROJECT, '.storyreel');

/** What a newcomer's shell has: none of our variables. Fetched programs are shared by all tests. */
export function cleanEnv(extra: Record<string, string> = {}): Record<string, string | undefined> {
  const ours = /^(STORYREEL_|TEMPORAL_|DATABASE_URL|REDIS_URL|PG)/;
  const rest = Object.entries(process.env).filter(([name]) => !ours.test(name));
  return { ...Object.fromEntries(rest), STORYREEL_TOOLS_DIR: resolve(STATE, 'tools'), ...extra };
}

const made: string[] = [];

export function newStateDir(): string {
  mkdirSync(STATE, { recursive: true });
  const folder = mkdtempSync(resolve(STATE, 'test-stack-'));
  made.push(folder);
  return folder;
}

export function removeStateDirs(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export function collectReport() {
  const lines: ReportLine[] = [];
  return { lines, report: (line: ReportLine) => void lines.push(line) };
}

export function recordedProcesses(stateDir: string): (ProcessIdentity & { name: string })[] {
  const file = resolve(stateDir, 'processes.json');
  if (!existsSync(file)) return [];
  return (JSON.parse(readFileSync(file, 'utf8')) as { processes: (ProcessIdentity & { name: string })[] }).processes;
}

export function noneAlive(processes: readonly ProcessIdentity[]): boolean {
  return !processes.some(isAlive);
}

export interface Owner {
  child: ChildProcess;
  /** What the script printed last, one JSON value a line. */
  said: unknown;
}

/**
 * A process of its own that runs `body` on the compiled stack, or one file of it (`stack`, `stateDir`, `env`, `say`) and then stays.
 * Resolves at its first `say`.
 */
export async function startOwner(
  stateDir: string,
  env: Record<string, string | undefined>,
  body: string,
  part = 'index',
): Promise<Owner> {
  const script = `
    const stack = require(${JSON.stringify(resolve(PROJECT, 'dist', 'dev', 'stack', part))});
    const [stateDir, env] = JSON.parse(process.argv[1]);
    const say = (value) => console.log(JSON.stringify(value));
    const stay = setInterval(() => {}, 1000);
    (async () => { ${body} })().catch((error) => { say({ error: error.name, message: error.message, pid: error.pid, published: error.published }); clearInterval(stay); });`;
  const child = spawn(process.execPath, ['-e', script, JSON.stringify([stateDir, env])], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: env,
  });
  const lines = createInterface({ input: child.stdout });
  const [first] = (await once(lines, 'line', { signal: AbortSignal.timeout(PATIENCE_MS) })) as [string];
  return { child, said: JSON.parse(first) };
}

export async function kill9(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
