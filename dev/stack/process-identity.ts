import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { childEnv } from '../child-env';

/** A process that cannot be mistaken for a later one with the same number: `startedAt` differs then. */
export interface ProcessIdentity {
  pid: number;
  /** Opaque; safe in a file name. */
  startedAt: string;
}

/** Undefined when there is no such process, or only its exit status is left (a zombie holds no file, port or lock). */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt;
}

/**
 * Whether it was started on this machine, but out of our sight: in another container, or outside ours. Its number means
 * nothing here, so it is not known whether it lives.
 */
export function isElsewhere({ startedAt }: ProcessIdentity): boolean {
  const [boot, , namespace] = startedAt.split('.');
  if (process.platform !== 'linux' || namespace === undefined) return false;
  return boot === bootId() && namespace !== pidNamespace();
}

export function identifySelf(): ProcessIdentity {
  const self = identify(process.pid);
  if (!self) throw new Error('The operating system does not state when this process started');
  return self;
}

function startFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, ticksSinceBoot] = [fields[0], fields[19]];
    if (ticksSinceBoot === undefined || state === 'Z' || state === 'X') return undefined;
    return `${bootId()}.${ticksSinceBoot}.${pidNamespace()}`;
  } catch {
    return undefined;
  }
}

let knownBootId: string | undefined;

/** Ticks start again at every boot, so the boot is part of the identity. */
function bootId(): string {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
  return knownBootId;
}

let knownNamespace: string | undefined;

/** Numbers of processes mean something within one of these only; all that we see are in ours or below it. */
function pidNamespace(): string {
  knownNamespace ??= readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  return knownNamespace;
}

function startFromPs(pid: number): string | undefined {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: childEnv({ PATH: '/bin:/usr/bin' }),
    timeout: 5_000,
  });
  const [state, ...started] = status === 0 ? stdout.trim().split(/\s+/) : [];
  if (state === undefined || state.startsWith('Z')) return undefined;
  return started.join('_').replaceAll(':', '.');
}
