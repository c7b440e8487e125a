import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { Stack } from '../stack';
import { lastLine, startGuest } from './guest';

interface WorkerPlace {
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly note: (line: string) => void;
  /** The worker cannot be kept running. */
  readonly giveUp: (error: Error) => void;
  /** A debugger can attach to the worker at this address. */
  readonly inspect?: string;
  /** Fires before everything is stopped: from then on the worker's end is no news. */
  readonly stopping: AbortSignal;
}

/** A worker that lived so long was in order, whatever ended it. */
const SOUND_MS = 10_000;
const MAX_EARLY_ENDS = 5;
const FIRST_DELAY_MS = 250;

export interface KeptWorker {
  /** Ends the worker as a deploy does, and starts the code that is there then; also after it was given up. */
  renew(): void;
}

/** Keeps a worker process running: one that ends unexpectedly is started again, after a delay that grows. */
export function keepWorker(stack: Stack, { stateDir, env, note, giveUp, inspect, stopping }: WorkerPlace): KeptWorker {
  const logFile = join(stateDir, 'logs', 'worker.log');
  let earlyEnds = 0;
  /** The worker that runs; undefined while one is waited for, or was given up. */
  let running: ChildProcess | undefined;
  let isRenewed = false;
  const start = () => {
    const began = performance.now();
    const program = {
      name: 'worker',
      script: 'src/cli/main.js',
      args: ['worker'],
      env,
      logFile,
      talks: false,
      ...(inspect !== undefined && { node: [`--inspect=${inspect}`] }),
    };
    isRenewed = false;
    running = startGuest(stack, program).once('exit', (code, signal) => {
      running = undefined;
      if (stopping.aborted) return;
      if (isRenewed) start();
      else void restart(performance.now() - began, signal ?? `exit ${code}`);
    });
  };
  const restart = async (lived: number, how: string) => {
    earlyEnds = lived < SOUND_MS ? earlyEnds + 1 : 1;
    if (earlyEnds > MAX_EARLY_ENDS) {
      giveUp(new Error(`The worker keeps ending (${how}): ${lastLine(logFile)} Its log is ${logFile}`));
      return;
    }
    note(`The worker ended unexpectedly (${how}) and is started again; its log is ${logFile}`);
    await sleep(FIRST_DELAY_MS * 2 ** (earlyEnds - 1));
    if (!stopping.aborted && !running) start();
  };
  start();
  return {
    renew: () => {
      earlyEnds = 0;
      isRenewed = true;
      if (running) running.kill('SIGTERM');
      else start();
    },
  };
}
