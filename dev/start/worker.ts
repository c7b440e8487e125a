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
  /** Fires before everything is stopped: from then on the worker's end is no news. */
  readonly stopping: AbortSignal;
}

/** A worker that lived so long was in order, whatever ended it. */
const SOUND_MS = 10_000;
const MOST_EARLY_ENDS = 5;
const FIRST_DELAY_MS = 250;

/** Keeps a worker process running: one that ends unexpectedly is started again, after a delay that grows. */
export function keepWorker(stack: Stack, { stateDir, env, note, giveUp, stopping }: WorkerPlace): void {
  const logFile = join(stateDir, 'logs', 'worker.log');
  let earlyEnds = 0;
  const start = () => {
    const began = performance.now();
    const program = { name: 'worker', script: 'src/cli/main.js', args: ['worker'], env, logFile, talks: false };
    startGuest(stack, program).once('exit', (code, signal) => {
      if (!stopping.aborted) void restart(performance.now() - began, signal ?? `exit ${code}`);
    });
  };
  const restart = async (lived: number, how: string) => {
    earlyEnds = lived < SOUND_MS ? earlyEnds + 1 : 1;
    if (earlyEnds > MOST_EARLY_ENDS) {
      giveUp(new Error(`The worker keeps ending (${how}): ${lastLine(logFile)} Its log is ${logFile}`));
      return;
    }
    note(`The worker ended unexpectedly (${how}) and is started again; its log is ${logFile}`);
    await sleep(FIRST_DELAY_MS * 2 ** (earlyEnds - 1));
    if (!stopping.aborted) start();
  };
  start();
}
