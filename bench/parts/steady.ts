import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground } from '../harness/ground';
import { usageOf } from '../harness/process-usage';
import { withPath } from '../harness/opened';
import { median } from '../harness/summary';
import type { Latencies } from '../harness/tally';
import { until } from '../harness/until';
import { Viewers } from '../harness/viewers';
import type { OpenPath, Path } from '../paths/path';
import { nowMicros } from '../stand-in/clock';

export interface SteadyLoad {
  readonly streams: number;
  /** Tokens a second, of each stream. */
  readonly rate: number;
  readonly seconds: number;
}

/** One run of one path under a steady load. Times in milliseconds, memory in bytes. */
export interface SteadyRun extends Latencies {
  readonly path: string;
  readonly streams: number;
  /** Tokens that the provider wrote and no viewer saw, of the whole run. */
  readonly lost: number;
  readonly wrong: number;
  /** CPU seconds per 1,000 tokens in the window. */
  readonly workerCpu: number;
  readonly redisCpu: number;
  readonly viewersCpu: number;
  readonly workerRss: number;
  /** The increase of the worker's resident memory, per stream. */
  readonly rssPerStream: number;
}

export function labelsOf(what: string, count: number): string[] {
  const run = randomUUID().slice(0, 8);
  return Array.from({ length: count }, (_, i) => `bench-${what}-${run}-${i}`);
}

const START_MS = 60_000;
const END_MS = 20_000;

/** Starts the streams, waits until every one is running, measures for so many seconds, and ends them. */
export async function steadyRun(ground: Ground, path: Path, open: OpenPath, load: SteadyLoad): Promise<SteadyRun> {
  await ground.begin(load.rate, { together: load.streams });
  const labels = labelsOf('steady', load.streams);
  const streams = await open.prepare(labels);
  const viewers = await Viewers.open(path.reader, ground.services);
  const idle = usageOf(open.worker).rss;
  try {
    await viewers.watch(streams);
    await open.run(streams);
    const running = async () => (await ground.answers()).filter(({ firstAt }) => firstAt).length >= load.streams;
    if (!(await until(START_MS, running))) throw new Error(`${path.name}: not every stream was started`);
    await sleep(1_000);

    const redis = ground.stack.pids['redis'] ?? process.pid;
    const before = [open.worker, redis, viewers.pid].map(usageOf);
    const from = nowMicros();
    await sleep(load.seconds * 1000);
    const to = nowMicros();
    const after = [open.worker, redis, viewers.pid].map(usageOf);
    await ground.finish();

    const sent = await ground.answers();
    const expected = Object.fromEntries(sent.map(({ label, next }) => [label, next]));
    const complete = async () =>
      Object.values(await viewers.shown(expected)).every(({ ended, verdict }) => ended && verdict === 'right');
    await until(END_MS, complete);
    const shown = await viewers.shown(expected);
    const latencies = await viewers.latencies(from, to);
    const written = Object.values(expected).reduce((sum, n) => sum + n, 0);
    const seen = Object.values(shown).reduce((sum, { tokens }) => sum + tokens, 0);
    const thousands = (load.streams * load.rate * ((to - from) / 1e6)) / 1000;
    const cpu = (i: number) => ((after[i]?.cpuSeconds ?? 0) - (before[i]?.cpuSeconds ?? 0)) / thousands;
    return {
      path: path.name,
      streams: load.streams,
      ...latencies,
      lost: written - seen,
      wrong: Object.values(shown).filter(({ verdict }) => verdict !== 'right').length,
      workerCpu: cpu(0),
      redisCpu: cpu(1),
      viewersCpu: cpu(2),
      workerRss: after[0]?.rss ?? 0,
      rssPerStream: ((after[0]?.rss ?? 0) - idle) / load.streams,
    };
  } finally {
    await ground.finish();
    await viewers.close();
  }
}

export interface Interleaved {
  readonly runs: readonly (readonly SteadyRun[])[];
  readonly failed: readonly string[];
}

/**
 * Runs every path in turn, so often: A B C A B C …, so that a machine which slows down slows all of them. Each run has a
 * worker of its own; a short run before it, which is not counted, warms it up.
 */
export async function interleaved(
  ground: Ground,
  paths: readonly Path[],
  load: SteadyLoad,
  times: number,
  note: (line: string) => void,
): Promise<Interleaved> {
  const runs = new Map<Path, SteadyRun[]>(paths.map((path) => [path, []]));
  const failed: string[] = [];
  for (let i = 0; i < times; i++) {
    for (const path of paths) {
      if (!runs.has(path)) continue;
      try {
        const run = await withPath(ground, path, async (open) => {
          await steadyRun(ground, path, open, { ...load, streams: Math.min(load.streams, 10), seconds: 1 });
          return steadyRun(ground, path, open, load);
        });
        note(`${load.streams} streams, run ${i + 1} of ${times}, ${path.name}: ${line(run)}`);
        runs.get(path)?.push(run);
      } catch (error) {
        failed.push(`${load.streams} streams ${path.name}: ${(error as Error).message}`);
        note(`FAILED ${failed.at(-1)}`);
        runs.delete(path);
      }
    }
  }
  return { runs: [...runs.values()].filter((each) => each.length > 0), failed };
}

function line({ p50, p99, max, workerCpu, lost, wrong }: SteadyRun): string {
  return `p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} max ${max.toFixed(0)} ms, worker ${workerCpu.toFixed(3)} CPU s per 1,000 tokens, ${lost} lost, ${wrong} wrong`;
}

/** The median over the runs for each figure; for figures that must be zero, the sum. */
export function medianRun(runs: readonly SteadyRun[]): SteadyRun {
  const [first] = runs;
  if (!first) throw new Error('no run');
  const middle = (key: NumericKey) => median(runs.map((run) => run[key]));
  const sum = (key: NumericKey) => runs.reduce((total, run) => total + run[key], 0);
  const keys = Object.keys(first).filter((key) => typeof first[key as keyof SteadyRun] === 'number') as NumericKey[];
  const figures = Object.fromEntries(keys.map((key) => [key, middle(key)]));
  return { ...first, ...figures, lost: sum('lost'), wrong: sum('wrong') };
}

type NumericKey = Exclude<keyof SteadyRun, 'path'>;
