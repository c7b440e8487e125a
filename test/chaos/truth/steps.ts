import fc from 'fast-check';
import type { Fault } from '../../../dev/studio';
import type { StartOptions } from '../../../src/client';
import type { StudioControl } from '../../support/studio-control';

/** One thing that happens to a project, whether it fits or not. */
export type Step =
  | { readonly do: 'start' | 'start twice'; readonly options: StartOptions }
  | { readonly do: 'pause' | 'pause now' | 'resume' | 'cancel' | 'terminate' | 'reconcile' }
  | { readonly do: 'retry' | 'skip' | 'cancel lane'; readonly lane: string }
  | { readonly do: 'approve' | 'reject'; readonly gate: 'rewrite' | 'storyboard' | 'image_generation' }
  | { readonly do: 'edit'; readonly scene: number; readonly field: 'visual_prompt' | 'narration' }
  | { readonly do: 'kill worker' | 'hand over' | 'restart redis' | 'lose redis' }
  | { readonly do: 'fault'; readonly kind: FaultKind; readonly fault: Fault; readonly times: number };

type FaultKind = Parameters<StudioControl['misbehave']>[1];

export interface Sequence {
  /** The first one is a start; each is followed by a pause in milliseconds. */
  readonly steps: readonly { readonly step: Step; readonly wait: number }[];
  readonly ending: 'finish' | 'cancel';
  readonly prefill: boolean;
}

const lane = fc.constantFrom(
  ...['rewrite', 'storyboard', 'image_generation/1', 'image_generation', 'camera_movement/2', 'camera_movement'],
  ...['video_generation/1', 'video_generation', 'film'],
);
const gate = fc.constantFrom('rewrite' as const, 'storyboard' as const, 'image_generation' as const);

const options: fc.Arbitrary<StartOptions> = fc.record(
  {
    gates: fc.uniqueArray(gate, { maxLength: 2 }),
    onFailure: fc.constantFrom('park' as const, 'park' as const, 'fail' as const),
    force: fc.constantFrom(true, false, false),
    stages: fc.constantFrom(['rewrite', 'storyboard'] as const, ['camera_movement'] as const),
    join: fc.boolean(),
  },
  { requiredKeys: [] },
);
const mostlyWhole = fc.oneof(
  { weight: 5, arbitrary: options.map(({ stages: _, ...others }) => others) },
  { weight: 1, arbitrary: options },
);

const fault = fc.oneof(
  ...[{ status: 429, retryAfter: 0.2 }, { status: 500 }, { status: 401 }].map((each) => kindsOf(each, 'any')),
  ...[{ cut: 15 }, { cut: 60 }, { stall: 20 }, { no_finish: 40 }].map((each) => kindsOf(each, 'chat')),
  ...(['not_json', 'missing_field', 'fenced', 'cut_short'] as const).map((bad_json) => kindsOf({ bad_json }, 'chat')),
  kindsOf({ cut: 1 }, 'image'),
  kindsOf({ cut: 1 }, 'video_submit'),
  kindsOf({ stall: 1 }, 'video_poll'),
  kindsOf({ video_failed: true }, 'video_submit'),
);

function kindsOf(given: Fault, kind: FaultKind): fc.Arbitrary<Step> {
  return fc.integer({ min: 1, max: 2 }).map((times) => ({ do: 'fault', kind, fault: given, times }));
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: mostlyWhole.map((given) => ({ do: 'start' as const, options: given })) },
  { weight: 1, arbitrary: mostlyWhole.map((given) => ({ do: 'start twice' as const, options: given })) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom('pause', 'pause now', 'pause now', 'resume', 'resume', 'resume')
      .map((name) => ({ do: name })),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom('cancel', 'terminate', 'reconcile', 'reconcile').map((name) => ({ do: name })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('retry', 'skip', 'cancel lane', 'cancel lane'), lane)
      .map(([name, at]) => ({ do: name, lane: at })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('approve', 'approve', 'reject'), gate)
      .map(([name, at]) => ({ do: name, gate: at })),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('edit' as const),
      scene: fc.integer({ min: 1, max: 2 }),
      field: fc.constantFrom('visual_prompt' as const, 'narration' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('kill worker', 'hand over', 'hand over', 'restart redis', 'lose redis')
      .map((name) => ({ do: name })),
  },
  { weight: 4, arbitrary: fault },
) as fc.Arbitrary<Step>;

/** Each kill costs the 15 s after which Temporal notices it. */
const MOST_KILLS = 1;

export const sequences: fc.Arbitrary<Sequence> = fc
  .record({
    first: mostlyWhole,
    steps: fc.array(fc.record({ step, wait: fc.constantFrom(0, 20, 100, 300, 800) }), { minLength: 4, maxLength: 12 }),
    ending: fc.constantFrom('finish' as const, 'finish' as const, 'cancel' as const),
    prefill: fc.boolean(),
  })
  .map(({ first, steps, ...others }) => {
    let kills = 0;
    const few = steps.filter((each) => each.step.do !== 'kill worker' || ++kills <= MOST_KILLS);
    return { ...others, steps: [{ step: { do: 'start', options: first }, wait: 300 }, ...few] };
  });
