import type { Check } from '../../check';
import { median, type Summary } from '../../harness/summary';
import type { Crowd } from './crowd';
import type { idle } from './idle';
import type { kills } from './kills';
import type { manyStories } from './many-stories';
import type { handover, storm } from './storm';

type Result<T extends (...given: never[]) => unknown> = Awaited<ReturnType<T>>;

export const GOALS = ['G1', 'G2', 'G3', 'G4', 'G5', 'G6', 'G7', 'G8', 'G9', 'G10', 'G11'] as const;
export type Goal = (typeof GOALS)[number];

/** What goals need that are not asked for is missing. */
export interface Measured {
  readonly coldStartMs: number;
  /** The results of each run with one viewer of each server. */
  readonly one?: readonly { readonly clientWatch: Summary; readonly crowds: readonly Crowd[] }[];
  /** The results of each run with a thousand viewers of each server, or the scaled number. */
  readonly thousand?: readonly (readonly Crowd[])[];
  readonly tenThousand?: readonly {
    readonly gateway: Crowd;
    readonly bareLoop: Crowd;
    readonly besideStopped: Crowd;
    readonly restMs: Summary;
  }[];
  readonly idle?: Result<typeof idle>;
  readonly manyStories?: Result<typeof manyStories>;
  /** On two cores, readers, writer and Redis need more than what is left of them in G5. */
  readonly halfOfStories?: Result<typeof manyStories>;
  readonly storm?: Result<typeof storm>;
  readonly handover?: Result<typeof handover>;
  readonly kills?: Result<typeof kills>;
}

/** Each of these goals beside what was measured, by its number in the design. */
export function checksOf(measured: Measured, goals: readonly Goal[]): Check[] {
  const checks: Check[] = [];
  const check = (promise: string, value: number, limit: number, unit: string) =>
    checks.push({ promise, measured: value, limit, unit, kept: value <= limit });
  const atMost = (goal: Goal, what: string, value: number, limit: number, unit: string) => {
    if (goals.includes(goal)) check(goal + what, value, limit, unit);
  };
  const {
    one,
    thousand,
    tenThousand,
    idle: quiet,
    manyStories: many,
    storm: back,
    handover: end,
    kills: cut,
  } = measured;
  const of = <T>(runs: readonly T[], figure: (run: T) => number) => median(runs.map(figure));
  const wrong = ({ lost, doubled, incomplete }: Crowd) => lost + doubled + incomplete;

  check('the gateway is ready', measured.coldStartMs, 1_500, 'ms');
  if (one) {
    const added = ({ clientWatch, crowds: [ours] }: (typeof one)[number]) => (ours?.ageMs.p99 ?? NaN) - clientWatch.p99;
    atMost('G1', ', one viewer: p99 beyond that of client.watch', of(one, added), 3, 'ms');
  }
  if (thousand) {
    const ours = thousand.flatMap((crowds) => crowds.filter(({ server }) => server === 'gateway'));
    const late = of(ours, ({ ageMs }) => ageMs.p99);
    atMost('G2', `, ${ours[0]?.viewers} viewers: age of a token, p99`, late, 10, 'ms');
    atMost('G2', ': tokens lost or doubled, and texts incomplete', of(ours, wrong), 0, '');
    const [byToken, byFrame] = [
      of(ours, ({ cpuMsPer1000Tokens }) => cpuMsPer1000Tokens),
      of(ours, ({ cpuMsPer1000Frames }) => cpuMsPer1000Frames),
    ];
    atMost('G10', ', CPU for 1,000 tokens at a viewer, as in G2', byToken, 10, 'ms');
    atMost('G10', ', CPU for 1,000 frames at a viewer, as in G2', byFrame, 10, 'ms');
  }
  if (tenThousand) {
    const late = of(tenThousand, ({ gateway }) => gateway.ageMs.p99);
    const wrongs = of(tenThousand, ({ gateway }) => wrong(gateway));
    const beside = of(tenThousand, ({ gateway, besideStopped }) => besideStopped.ageMs.p99 / gateway.ageMs.p99);
    const rest = of(tenThousand, ({ restMs }) => restMs.p99);
    atMost('G3', `, ${tenThousand[0]?.gateway.viewers} viewers: age of a token, p99`, late, 250, 'ms');
    atMost('G3', ': tokens lost or doubled, and texts incomplete', wrongs, 0, '');
    atMost('G7', ', readers that stop: p99 of the others by that without them', beside, 1.2, '×');
    atMost('G9', ', state of a project beside G3, p99', rest, 10, 'ms');
  }
  if (quiet) {
    atMost('G4', `, ${quiet.viewers} idle viewers: memory each`, quiet.bytesEach / 1_000, 25, 'KB');
    atMost('G4', ': share of a core', quiet.coreShare * 100, 5, '%');
  }
  if (many) {
    atMost('G5', `, ${many.stories} stories: age of a token, p99`, many.ageMs.p99, 100, 'ms');
    const wrongs = many.lost + many.doubled + many.incomplete;
    atMost('G5', ': tokens lost or doubled, and texts incomplete', wrongs, 0, '');
  }
  if (back) {
    atMost('G6', `, ${back.viewers} viewers return in 2 s: caught up, p99`, back.caughtUpMs.p99, 3_000, 'ms');
    atMost('G6', ': snapshots', back.snapshots, 2, '');
    atMost('G6', ': tokens lost, and texts incomplete', back.lost + back.incomplete, 0, '');
  }
  if (end) {
    atMost('G8', `, ${end.viewers} viewers: time to end`, end.endedMs, 10_000, 'ms');
    atMost('G8', ': tokens lost, and texts incomplete', end.lost + end.incomplete, 0, '');
  }
  if (cut) {
    const notRight = cut.texts - cut.right;
    atMost('G11', ', after kill -9 of gateway and worker: texts that are not right', notRight, 0, '');
  }
  return checks;
}
