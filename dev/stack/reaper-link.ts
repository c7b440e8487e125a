import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { childEnv } from '../child-env';
import { identify } from './process-identity';
import { projectRoot } from './project-root';
import { StackError } from './stack-error';
import { logFileOf } from './state-dir';
import { stopProcess, type TrackedProcess } from './stop-process';
import { waitUntil } from './wait-until';

export interface ReaperLink {
  readonly process: TrackedProcess;
  /** Replaces what the reaper will stop if this process dies. */
  track(processes: readonly TrackedProcess[]): void;
  /** Signals to the reaper that nothing is left to do, and waits until it has ended. */
  dismiss(): Promise<void>;
}

/** Starts the process that outlives this one just long enough to stop what this one started. */
export function startReaper(stateDir: string): ReaperLink {
  const log = openSync(logFileOf(stateDir, 'reaper'), 'w');
  // Detached, so that neither Ctrl-C nor a kill of our process group reaches it; the working folder `/` keeps no other
  // folder in use.
  const child = spawn(process.execPath, [reaperProgram()], {
    detached: true,
    stdio: ['pipe', log, log],
    cwd: '/',
    env: childEnv(),
  });
  closeSync(log);
  child.on('error', () => undefined);
  const pipe = child.stdin as Socket;
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (!identity)
    throw new StackError('The reaper process could not be started', `Its log is in ${logFileOf(stateDir, 'reaper')}`);
  const reaper: TrackedProcess = { ...identity, name: 'reaper', kind: 'service', stopSignal: 'SIGTERM' };
  child.unref();
  // Its pipe must not keep us alive either; a reaper that was killed makes writes fail, and the record file remains.
  pipe.unref();
  pipe.on('error', () => undefined);
  let ended = false;
  child.on('exit', () => (ended = true));

  return {
    process: reaper,
    track: (processes) => void pipe.write(`${JSON.stringify(processes)}\n`),
    dismiss: async () => {
      pipe.end('[]\n');
      if (!(await waitUntil(() => ended, { boundMs: 2_000 }))) await stopProcess(reaper);
    },
  };
}

/** Node runs the compiled reaper even if this file itself runs from source, as in jest. */
function reaperProgram(): string {
  const beside = join(__dirname, 'reaper.js');
  return existsSync(beside) ? beside : join(projectRoot(), 'dist', 'dev', 'stack', 'reaper.js');
}
