import type { Check } from '../../check';
import { median, type Summary } from '../../harness/summary';
import type { Crowd } from './crowd';
import type { idle } from './idle';
import type { kills } from './kills';
import type { manyStories } from './many-stories';
import type { handover, storm } from './storm';

type Result<T extends (...given: never[]) => unknown> = Awaited<ReturnType<T>>;

export interface Measured {
  readonly coldStartMs: number;
  /** The results of each run with one viewer of each server. */
  readonly one: readonly { readonly clientWatch: Summary; readonly crowds: readonly Crowd[] }[];
  /** The results of each run with a thousand viewers of each server, or the scaled number. */
  readonly thousand: readonly (readonly Crowd[])[];
  readonly tenThousand: readonly {
    readonly gateway: Crowd;
    readonly bareLoop: Crowd;
    readonly besideStopped: Crowd;
    readonly restMs: Summary;
  }[];
  readonly idle: Result<typeof idle>;
  readonly manyStories: Result<typeof manyStories>;
  readonly storm: Result<typeof storm>;
  readonly handover: Result<typeof handover>;
  readonly kills: Result<typeof kills>;
}

/** Each goal beside what was measured, by its number in the design. */
export function checksOf(measured: Measured): Check[] {
  const atMost = (promise: string, value: number, limit: number, unit: string): Check => ({
    promise,
    measured: value,
    limit,
    unit,
    kept: value <= limit,
  });
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
  const ours = thousand.flatMap((crowds) => crowds.filter(({ server }) => server === 'gateway'));
  const wrong = ({ lost, doubled, incomplete }: Crowd) => lost + doubled + incomplete;
  const added = ({ clientWatch, crowds }: Measured['one'][number]) => (crowds[0]?.ageMs.p99 ?? NaN) - clientWatch.p99;
  const [crowded] = tenThousand;
  return [
    atMost('the gateway is ready', measured.coldStartMs, 1_500, 'ms'),
    atMost('G1, one viewer: p99 beyond that of client.watch', of(one, added), 3, 'ms'),
    atMost(
      `G2, ${ours[0]?.viewers} viewers: age of a token, p99`,
      of(ours, ({ ageMs }) => ageMs.p99),
      10,
      'ms',
    ),
    atMost('G2: tokens lost or doubled, and texts incomplete', of(ours, wrong), 0, ''),
    atMost(
      `G3, ${crowded?.gateway.viewers} viewers: age of a token, p99`,
      of(tenThousand, (run) => run.gateway.ageMs.p99),
      250,
      'ms',
    ),
    atMost(
      'G3: tokens lost or doubled, and texts incomplete',
      of(tenThousand, (run) => wrong(run.gateway)),
      0,
      '',
    ),
    atMost(`G4, ${quiet.viewers} idle viewers: memory each`, quiet.bytesEach / 1_000, 25, 'KB'),
    atMost('G4: share of a core', quiet.coreShare * 100, 5, '%'),
    atMost(`G5, ${many.stories} stories: age of a token, p99`, many.ageMs.p99, 100, 'ms'),
    atMost('G5: tokens lost or doubled, and texts incomplete', many.lost + many.doubled + many.incomplete, 0, ''),
    atMost(`G6, ${back.viewers} viewers return in 2 s: caught up, p99`, back.caughtUpMs.p99, 3_000, 'ms'),
    atMost('G6: snapshots', back.snapshots, 2, ''),
    atMost('G6: tokens lost, and texts incomplete', back.lost + back.incomplete, 0, ''),
    atMost(
      'G7, readers that stop: p99 of the others by that without them',
      of(tenThousand, (run) => run.besideStopped.ageMs.p99 / run.gateway.ageMs.p99),
      1.2,
      '×',
    ),
    atMost(`G8, ${end.viewers} viewers: time to end`, end.endedMs, 10_000, 'ms'),
    atMost('G8: tokens lost, and texts incomplete', end.lost + end.incomplete, 0, ''),
    atMost(
      'G9, state of a project beside G3, p99',
      of(tenThousand, (run) => run.restMs.p99),
      10,
      'ms',
    ),
    atMost(
      'G10, CPU for 1,000 tokens at a viewer, as in G2',
      of(ours, ({ cpuMsPer1000Tokens }) => cpuMsPer1000Tokens),
      10,
      'ms',
    ),
    atMost(
      'G10, CPU for 1,000 frames at a viewer, as in G2',
      of(ours, ({ cpuMsPer1000Frames }) => cpuMsPer1000Frames),
      10,
      'ms',
    ),
    atMost('G11, after kill -9 of gateway and worker: texts that are not right', cut.texts - cut.right, 0, ''),
  ];
}
