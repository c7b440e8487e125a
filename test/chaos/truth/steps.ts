import fc from 'fast-check';
import type { Fault } from '../../../dev/studio';
import type { ProjectChanges, StartOptions } from '../../../src/client';
import { STAGES, type StageName } from '../../../src/protocol';
import type { StudioControl } from '../../support/studio-control';

type FaultKind = Parameters<StudioControl['misbehave']>[1];

/** One thing that happens to a project. `pick` chooses among what there is at that moment, mostly of what fits. */
export type Step =
  | { readonly do: 'start' | 'start twice'; readonly options: StartOptions }
  | { readonly do: 'pause' | 'pause now' | 'resume' | 'cancel' | 'terminate' | 'reconcile' }
  | { readonly do: 'retry' | 'skip' | 'cancel lane' | 'approve' | 'reject'; readonly pick: number }
  | { readonly do: 'edit'; readonly changes: ProjectChanges }
  | { readonly do: 'kill worker' | 'hand over' | 'restart redis' | 'lose redis' }
  | { readonly do: 'fault'; readonly kind: FaultKind; readonly fault: Fault; readonly times: number };

/** Milliseconds; or until a lane of the stage runs, or nothing runs. */
export type Wait = number | StageName;

export interface Sequence {
  /** The first one is a start. */
  readonly steps: readonly { readonly step: Step; readonly wait: Wait }[];
  readonly ending: 'finish' | 'cancel';
  readonly prefill: boolean;
  /** Of the project, until it is brought to its end. */
  readonly budget?: number;
}

const options: fc.Arbitrary<StartOptions> = fc.record(
  {
    gates: fc.subarray(['rewrite', 'storyboard', 'image_generation', 'camera_movement'] as StageName[], {
      maxLength: 2,
    }),
    onFailure: fc.constantFrom('park' as const, 'park' as const, 'fail' as const),
    force: fc.constantFrom(true, false, false),
    join: fc.constantFrom(true, false, false),
  },
  { requiredKeys: [] },
);
const partOf: fc.Arbitrary<StartOptions> = fc.constantFrom(
  { stages: ['rewrite', 'storyboard'] },
  { stages: ['camera_movement'] },
  { scenes: [2] },
);
const someOptions = fc.oneof({ weight: 5, arbitrary: options }, { weight: 1, arbitrary: partOf });

function faultOf(kind: FaultKind, given: Fault): fc.Arbitrary<Step> {
  return fc.integer({ min: 1, max: 2 }).map((times) => ({ do: 'fault', kind, fault: given, times }));
}

const fault = fc.oneof(
  faultOf('any', { status: 429, retryAfter: 0.2 }),
  faultOf('any', { status: 500 }),
  faultOf('any', { status: 401 }),
  faultOf('chat', { cut: 15 }),
  faultOf('chat', { cut: 60 }),
  faultOf('chat', { stall: 20 }),
  faultOf('chat', { no_finish: 40 }),
  faultOf('chat', { bad_json: 'not_json' }),
  faultOf('chat', { bad_json: 'missing_field' }),
  faultOf('chat', { bad_json: 'fenced' }),
  faultOf('image', { cut: 1 }),
  faultOf('image', { status: 400 }),
  faultOf('video_submit', { cut: 1 }),
  faultOf('video_submit', { video_failed: true }),
  faultOf('video_submit', { status: 400 }),
  faultOf('video_poll', { stall: 1 }),
);

const edits: fc.Arbitrary<ProjectChanges> = fc.constantFrom<ProjectChanges[]>(
  { scenes: [{ scene_number: 1, visual_prompt: 'a harbour by night' }] },
  { scenes: [{ scene_number: 2, narration: 'Nobody came.', duration: 1 }] },
  { scenes: [{ scene_number: 2, camera: { movement: 'zoom_in' } }] },
  { rewrite: 'A keeper of storms lived by the sea. One day the storms left. He went after them.' },
  { text: { lane: 'rewrite', content: 'Once, by the sea, ' } },
  { order: [2, 1] },
  { remove: [1] },
  { add: [{ narration: 'The end.', visual_prompt: 'an empty beach', duration: 1 }] },
);

const oneOf = <Name extends string>(...names: readonly Name[]) =>
  fc.constantFrom(...names).map((name) => ({ do: name }));
const picking = <Name extends string>(...names: readonly Name[]) =>
  fc.record({ do: fc.constantFrom(...names), pick: fc.nat({ max: 99 }) });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('start' as const, 'start twice' as const), options: someOptions }),
  },
  { weight: 6, arbitrary: oneOf('pause', 'pause now', 'pause now', 'resume', 'resume', 'resume') },
  { weight: 3, arbitrary: oneOf('cancel', 'terminate', 'reconcile') },
  {
    weight: 8,
    arbitrary: picking('retry', 'retry', 'skip', 'cancel lane', 'cancel lane', 'approve', 'approve', 'reject'),
  },
  { weight: 4, arbitrary: edits.map((changes) => ({ do: 'edit' as const, changes })) },
  { weight: 2, arbitrary: oneOf('kill worker', 'hand over', 'hand over', 'restart redis', 'lose redis') },
  { weight: 4, arbitrary: fault },
);

const wait: fc.Arbitrary<Wait> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0, 20, 100, 300) },
  { weight: 2, arbitrary: fc.constantFrom(...STAGES.map(({ name }) => name)) },
);

/** Each kill costs the 15 s after which Temporal notices it. */
const MAX_KILLS = 1;

export const sequences: fc.Arbitrary<Sequence> = fc
  .record({
    first: options,
    firstWait: wait,
    steps: fc.array(fc.record({ step, wait }), { minLength: 8, maxLength: 16, size: 'max' }),
    ending: fc.constantFrom('finish' as const, 'finish' as const, 'cancel' as const),
    prefill: fc.boolean(),
    budget: fc.option(fc.double({ min: 0.01, max: 0.3, noNaN: true }), { nil: undefined, freq: 2 }),
  })
  .map(({ first, firstWait, steps, budget, ...others }) => {
    let kills = 0;
    const few = steps.filter((each) => each.step.do !== 'kill worker' || ++kills <= MAX_KILLS);
    return {
      ...others,
      ...(budget !== undefined && { budget }),
      steps: [{ step: { do: 'start', options: first }, wait: firstWait }, ...few],
    };
  });
