import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground } from '../harness/ground';
import { summaryOf, type Summary } from '../harness/summary';
import type { Shown } from '../harness/tally';
import { until } from '../harness/until';
import { Viewers } from '../harness/viewers';
import type { OpenPath, Path } from '../paths/path';
import { nowMicros } from '../stand-in/clock';
import { labelsOf } from './steady';

/** The texts of one path's viewers after its worker was killed with -9 in mid-stream and started again. */
export interface CrashRun {
  readonly path: string;
  readonly streams: number;
  /** Viewers by what they see at the end. */
  readonly verdicts: Readonly<Partial<Record<Shown['verdict'], number>>>;
  /** Viewers to which the path reported a complete text. */
  readonly ended: number;
  /** Tokens that the provider made, and would be paid for, by those that a whole text has. */
  readonly paid: number;
  /** Seconds without a token after the kill, for the viewers that got one again. */
  readonly silence: Summary;
}

const TOKENS = 300;
const RATE = 50;

/** Kills the worker at a random moment while all texts are half written; waits until all are whole, or for so long. */
export async function crashRun(
  ground: Ground,
  path: Path,
  open: OpenPath,
  streams: number,
  patienceMs: number,
): Promise<CrashRun> {
  await ground.begin(RATE, TOKENS);
  const labels = labelsOf('crash', streams);
  const handles = await open.prepare(labels);
  const viewers = await Viewers.open(path.reader, ground.services);
  try {
    await viewers.watch(handles);
    await open.run(handles);
    const running = async () => (await ground.answers()).filter(({ next }) => next > 20).length >= streams;
    if (!(await until(120_000, running))) throw new Error(`${path.name}: not every stream was started`);
    await sleep(Math.random() * 1_000);
    const killedAt = nowMicros();
    await open.crash();

    const expected = Object.fromEntries(labels.map((label) => [label, TOKENS]));
    await until(patienceMs, async () =>
      Object.values(await viewers.shown(expected)).every(({ verdict, ended }) => ended && verdict !== 'lost'),
    );
    const shown = Object.values(await viewers.shown(expected));
    const verdicts: Partial<Record<Shown['verdict'], number>> = {};
    for (const { verdict } of shown) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    const silences = shown
      .map(({ longestGap }) => longestGap)
      .filter(({ to }) => to > killedAt)
      .map(({ from, to }) => (to - Math.max(from, killedAt)) / 1e6);
    const made = (await ground.answers()).reduce((sum, { next, from }) => sum + next - from, 0);
    return {
      path: path.name,
      streams,
      verdicts,
      ended: shown.filter(({ ended }) => ended).length,
      paid: made / (streams * TOKENS),
      silence: summaryOf(silences),
    };
  } finally {
    await viewers.close();
    await ground.finish();
  }
}
