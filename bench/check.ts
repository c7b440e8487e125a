import type { Part } from './compare';
import type { Ground } from './harness/ground';
import { withPath } from './harness/opened';
import { median } from './harness/summary';
import { CANCELS, cancelRun, type CancelRun } from './parts/cancel';
import { crashRun } from './parts/crash';
import { crowdRun } from './parts/crowd';
import { longTextRun } from './parts/long-text';
import { startUpRun } from './parts/start-up';
import { interleaved, steadyRun, type SteadyRun } from './parts/steady';
import { bareLoop, storyreel } from './paths/path';
import { pythonThreads } from './paths/python-path';

/** One promise, what was measured, and whether it was kept. */
export interface Check {
  readonly promise: string;
  readonly measured: number;
  readonly limit: number;
  readonly unit: string;
  readonly kept: boolean;
}

export interface CheckOptions {
  readonly runs: number;
  /** An empty list means all of them. */
  readonly parts: readonly Part[];
  readonly note: (line: string) => void;
}

const RATE = 50;
const SECONDS = 5;
/** Heartbeats that stay away for so long end an attempt; see src/workflows/activity-options.ts. */
const HEARTBEAT_TIMEOUT_S = 15;

type AtMost = (promise: string, measured: number, limit: number, unit: string) => void;

/** Measures every promise of README's table, or those of some parts, against the bare loop of the same run. */
export async function check(ground: Ground, { runs, parts, note }: CheckOptions) {
  const checks: Check[] = [];
  const atMost: AtMost = (promise, measured, limit, unit) =>
    checks.push({ promise, measured, limit, unit, kept: measured <= limit });
  const all = parts.length === 0;
  const has = (part: Part) => all || parts.includes(part);
  const measured = {
    ...(has('steady') && (await checkSteady(ground, atMost, runs, note))),
    ...(has('long') && { long: await checkLong(ground, atMost) }),
    ...(has('crowd') && { crowd: await checkCrowd(ground, atMost) }),
    ...(has('crash') && { crash: await checkCrash(ground, atMost) }),
    ...(all && { start: await checkStart(ground, atMost) }),
    ...(has('cancel') && { cancel: await checkCancel(ground, atMost, note) }),
  };
  return { checks, measured };
}

async function checkSteady(ground: Ground, atMost: AtMost, runs: number, note: (line: string) => void) {
  const at = async (streams: number) => {
    const load = { streams, rate: RATE, seconds: SECONDS };
    const { runs: measured, failed } = await interleaved(ground, [bareLoop, storyreel], load, runs, note);
    const [bare, ours] = measured;
    if (!bare || !ours || failed.length > 0) throw new Error(failed.join('; ') || 'a path was not measured');
    const ratios = (key: 'p99' | 'workerCpu') => median(ours.map((run, i) => run[key] / (bare[i]?.[key] ?? NaN)));
    return {
      bare,
      ours,
      of: (set: readonly SteadyRun[], key: keyof SteadyRun) => median(set.map((r) => Number(r[key]))),
      ratios,
    };
  };

  const one = await at(1);
  atMost('1 stream: p50 above the bare loop', one.of(one.ours, 'p50') - one.of(one.bare, 'p50'), 1, 'ms');
  const fifty = await at(50);
  atMost('50 streams: p99 by the bare loop', fifty.of(fifty.ours, 'p99') / fifty.of(fifty.bare, 'p99'), 1, '×');
  const many = await at(200);
  atMost('200 streams: p99 by the bare loop', many.of(many.ours, 'p99') / many.of(many.bare, 'p99'), 1, '×');
  atMost('200 streams: worker CPU by the bare loop', many.ratios('workerCpu'), 0.7, '×');
  atMost('200 streams: memory of the worker a stream', many.of(many.ours, 'rssPerStream') / 1000, 400, 'KB');
  const lost = [one, fifty, many].flatMap(({ ours }) => ours.map((run) => run.lost + run.wrong));
  atMost(
    'tokens lost or wrong',
    lost.reduce((a, b) => a + b, 0),
    0,
    'tokens',
  );

  const most: SteadyRun[] = [];
  for (let i = 0; i < runs; i++) {
    most.push(
      await withPath(ground, storyreel, (open) =>
        steadyRun(ground, storyreel, open, { streams: 400, rate: RATE, seconds: SECONDS }),
      ),
    );
    note(`400 streams, run ${i + 1} of ${runs}: p99 ${most.at(-1)?.p99.toFixed(1)} ms`);
  }
  atMost('400 streams in one worker: p99', median(most.map(({ p99 }) => p99)), 100, 'ms');
  atMost(
    '400 streams in one worker: lost',
    most.reduce((sum, run) => sum + run.lost + run.wrong, 0),
    0,
    'tokens',
  );
  const ceiling = await pythonCeiling(ground, note);

  return { one, fifty, many, most, ceiling };
}

async function checkLong(ground: Ground, atMost: AtMost) {
  const long = await withPath(ground, storyreel, (open) => longTextRun(ground, storyreel, open));
  const growth = (tenths: readonly number[]) => Math.abs((tenths.at(-1) ?? NaN) / (tenths[0] ?? NaN) - 1) * 100;
  atMost('60 KB of text: bytes into Redis a token', long.inMean, 200, 'bytes');
  atMost('60 KB of text: bytes to a viewer a token', long.outMean, 200, 'bytes');
  atMost('60 KB of text: last tenth against the first, in', growth(long.inPerToken), 10, '%');
  atMost('60 KB of text: last tenth against the first, out', growth(long.outPerToken), 10, '%');
  return long;
}

async function checkCrowd(ground: Ground, atMost: AtMost) {
  const crowd = await withPath(ground, storyreel, (open) =>
    crowdRun(ground, storyreel, open, { viewers: 100, storm: 200, seconds: SECONDS }),
  );
  atMost('100 viewers: memory a viewer', crowd.heapPerViewer / 1000, 20, 'KB');
  atMost('200 viewers come back at once: not right', crowd.storm.viewers - crowd.storm.right, 0, 'viewers');
  return crowd;
}

async function checkCrash(ground: Ground, atMost: AtMost) {
  const crash = await withPath(ground, storyreel, (open) => crashRun(ground, storyreel, open, 100, 120_000));
  atMost('kill -9 in mid-stream: lanes not right', 100 - (crash.verdicts.right ?? 0), 0, 'of 100');
  atMost('kill -9: first token after the heartbeat time-out', crash.silence.max - HEARTBEAT_TIMEOUT_S, 2, 's');
  return crash;
}

async function checkStart(ground: Ground, atMost: AtMost) {
  const start = await withPath(ground, storyreel, (open) => startUpRun(ground, open, 50));
  atMost('start to the first request at the provider: p99', start.p99, 150, 'ms');
  return start;
}

async function checkCancel(
  ground: Ground,
  atMost: AtMost,
  note: (line: string) => void,
): Promise<readonly CancelRun[]> {
  const measured: CancelRun[] = [];
  for (const { load, what, limitMs } of CANCELS) {
    const run = await cancelRun(ground, load);
    note(`cancel, ${what}: ${JSON.stringify(run)}`);
    atMost(`cancel with ${what}: the provider's socket is closed, p99`, run.closed.p99, limitMs, 'ms');
    atMost(`cancel with ${what}: not closed by it`, run.wrong, 0, 'streams');
    measured.push(run);
  }
  return measured;
}

/** How many streams the accumulated text in Python carries within the same latency; no promise, but what to compare with. */
async function pythonCeiling(ground: Ground, note: (line: string) => void): Promise<readonly SteadyRun[]> {
  const measured: SteadyRun[] = [];
  for (const streams of [25, 50, 100, 200]) {
    const run = await withPath(ground, pythonThreads, (open) =>
      steadyRun(ground, pythonThreads, open, { streams, rate: RATE, seconds: SECONDS }),
    ).catch((error: Error) => void note(`python with ${streams} streams: ${error.message}`));
    if (!run) break;
    note(`python with ${streams} streams: p99 ${run.p99.toFixed(1)} ms`);
    measured.push(run);
    if (!(run.p99 < 100)) break;
  }
  return measured;
}

/** Prints each promise beside what was measured. True when all were kept. */
export function printChecks(checks: readonly Check[], note: (line: string) => void): boolean {
  for (const { promise, measured, limit, unit, kept } of checks) {
    note(`${kept ? 'kept  ' : 'BROKEN'}  ${promise}: ${Number(measured.toFixed(3))} ${unit} (at most ${limit})`);
  }
  return checks.every(({ kept }) => kept);
}
