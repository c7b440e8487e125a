import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground } from '../harness/ground';
import { usageOf } from '../harness/process-usage';
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
}

export function labelsOf(what: string, count: number): string[] {
  const run = randomUUID().slice(0, 8);
  return Array.from({ length: count }, (_, i) => `bench-${what}-${run}-${i}`);
}

const START_MS = 120_000;
const END_MS = 20_000;

/** Starts the streams, waits until every one is running, measures for so many seconds, and ends them. */
export async function steadyRun(ground: Ground, path: Path, open: OpenPath, load: SteadyLoad): Promise<SteadyRun> {
  await ground.begin(load.rate);
  const labels = labelsOf('steady', load.streams);
  const streams = await open.prepare(labels);
  const viewers = await Viewers.open(path.reader, ground.services);
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
    };
  } finally {
    await ground.finish();
    await viewers.close();
  }
}
