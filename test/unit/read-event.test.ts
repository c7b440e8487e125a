import fc from 'fast-check';
import { z } from 'zod';
import { FAILURES, STATUSES, PROJECT_STATUSES, type Cursor, type EventBody, type ProjectId } from '../../src/protocol';
import { Misshapen, readEvent, StoryPage } from '../../src/protocol/viewer';
import { decodeEvent } from '../../src/stream/wire';
import { malformedFrom } from '../support/malformed';

const PROJECT = '7c9e6679-7425-40de-944b-e07fc1f90ae7' as ProjectId;
const ID = '1764000000000-0' as Cursor;

const usage = { input_tokens: 3, output_tokens: 4, useful_tokens: 7, wasted_tokens: 0 };
const BODIES: readonly EventBody[] = [
  { type: 'stage_update', status: 'processing', progress: 20, message: 'on its way' },
  { type: 'token', content: 'fox 🦊', offset: 12 },
  { type: 'progress', current: 1, total: 3, progress: 33, item_name: 'Scene 1' },
  { type: 'item_completed', item_type: 'image', sequence_number: 1, metadata: { asset: 'a.png' } },
  { type: 'done', metadata: { length: 8, sha256: 'f'.repeat(64) } },
  { type: 'error', error: 'no', retry_count: 1 },
  { type: 'stage_completed', metadata: { skipped: 1 } },
  { type: 'pipeline_done', metadata: { completed_stages: 5, skipped_stages: 1, total_stages: 6 } },
  { type: 'pipeline_error', error: 'cancelled', metadata: { status: 'cancelled' } },
  { type: 'reset', reason: 'retry', attempt: 2 },
  { type: 'resumed', offset: 4, attempt: 2, how: 'prefill' },
  { type: 'edited', version: 3, by: 'Ann' },
  { type: 'awaiting', gate: 'storyboard' },
  {
    type: 'attention',
    error: { type: 'Output.Unusable', message: 'no JSON', retryable: false, issues: ['scenes: missing'] },
    commands: ['storyreel retry'],
  },
  { type: 'usage', ...usage, cost: 1.5, estimated: true, project: { ...usage, images: 2 } },
];

const SNAPSHOT = {
  type: 'snapshot',
  project_id: PROJECT,
  stage: 'pipeline',
  timestamp: 1.5,
  id: ID,
  cursor: ID,
  status: 'processing',
  topic: 'a fox',
  lanes: { rewrite: { status: 'completed', text: 'fox', offset: 3, fence: 5, attempt: 1, sha256: 'f'.repeat(64) } },
  scenes: [
    {
      scene_number: 1,
      narration: 'A fox.',
      visual_prompt: 'fox',
      shot_type: 'wide',
      duration: 3,
      image: { asset: 'a.png', sha256: 'a', media_type: 'image/png', width: 4, height: 4 },
      camera: { movement: 'pan', speed: 'slow' },
    },
  ],
  film: { asset: 'f.mp4', sha256: 'a', bytes: 9, duration: 3, scenes: 1, stills: [1] },
};

const HEAD = { id: ID, project_id: PROJECT, stage: 'rewrite', timestamp: 1, lane: 'rewrite', fence: 5, attempt: 1 };

/** The types of src/protocol/events.ts once more, by other means. Nothing but what they name is let through. */
const count = z.int().min(0);
const error = z.strictObject({
  type: z.enum(Object.keys(FAILURES)),
  message: z.string(),
  retryable: z.boolean(),
  issues: z.array(z.string()).optional(),
});
const cost = z.number().optional();
const totals = {
  input_tokens: z.number(),
  output_tokens: z.number(),
  useful_tokens: z.number(),
  wasted_tokens: z.number(),
  images: cost,
  wasted_images: cost,
  video_seconds: cost,
  wasted_video_seconds: cost,
  cost,
  useful_cost: cost,
  wasted_cost: cost,
  estimated: z.literal(true).optional(),
  unpriced: z.literal(true).optional(),
};
const metadata = z.record(z.string(), z.unknown()).optional();
const head = {
  id: z.string().regex(/^\d+-\d+$/),
  project_id: z.string(),
  stage: z.string(),
  timestamp: z.number(),
  lane: z.string().optional(),
  fence: count.optional(),
  attempt: count.optional(),
};
const of = <Shape extends z.core.$ZodLooseShape>(type: string, shape: Shape) =>
  z.strictObject({ ...head, type: z.literal(type), ...shape });
const asset = z
  .strictObject({ asset: z.string(), sha256: z.string(), media_type: z.string() })
  .extend({ width: cost, height: cost, duration: cost })
  .optional();
const ORACLE = z.discriminatedUnion('type', [
  of('stage_update', { status: z.enum(STATUSES), progress: z.number().optional(), message: z.string().optional() }),
  // A token is given as it came.
  z.looseObject({ ...head, id: head.id.optional(), type: z.literal('token'), content: z.string(), offset: count }),
  of('progress', { current: z.number(), total: z.number(), progress: z.number(), item_name: z.string().optional() }),
  of('item_completed', { item_type: z.string(), sequence_number: count, metadata }),
  of('done', {
    metadata: z.strictObject({ length: count, sha256: z.string() }),
    verified: z.boolean().optional(),
  }),
  of('error', { error: z.string(), retry_count: count }),
  of('stage_completed', { metadata }),
  of('pipeline_done', {
    metadata: z.strictObject({ completed_stages: count, skipped_stages: count, total_stages: count }),
  }),
  of('pipeline_error', { error: z.string(), metadata }),
  of('reset', { reason: z.enum(['retry', 'rerun', 'edited', 'workflow_reset', 'thoughts']), attempt: count }),
  of('resumed', { offset: count, attempt: count, how: z.enum(['prefill', 'reattach', 'reuse']) }),
  of('edited', { version: count, by: z.string().optional() }),
  of('awaiting', { gate: z.string() }),
  of('attention', { error, commands: z.array(z.string()) }),
  of('usage', { ...totals, project: z.strictObject(totals).optional() }),
  z.strictObject({
    type: z.literal('snapshot'),
    project_id: z.string(),
    stage: z.string(),
    timestamp: z.number(),
    id: z.string().optional(),
    cursor: z.string().optional(),
    status: z.enum(PROJECT_STATUSES),
    topic: z.string(),
    lanes: z.record(
      z.string(),
      z.strictObject({
        status: z.enum(STATUSES),
        text: z.string().optional(),
        offset: count,
        fence: count,
        attempt: count,
        sha256: z.string().optional(),
        verified: z.boolean().optional(),
        error: error.optional(),
      }),
    ),
    scenes: z.array(
      z.strictObject({
        scene_number: count,
        narration: z.string(),
        visual_prompt: z.string(),
        shot_type: z.string(),
        duration: z.number(),
        image: asset,
        clip: asset,
        camera: z.strictObject({ movement: z.string(), speed: z.string() }).optional(),
      }),
    ),
    film: z
      .strictObject({ asset: z.string(), sha256: z.string(), bytes: z.number(), duration: z.number(), scenes: count })
      .extend({ stills: z.array(count).optional(), missing_scenes: z.array(count).optional() })
      .optional(),
  }),
]);

const entries = fc.oneof(
  ...BODIES.map((body) => fc.constant(['e', 'rewrite', ['rewrite', 5, 1], body])),
  fc.constantFrom(
    ['e', 'pipeline', null, BODIES[0]],
    ['t', 'rewrite', 5, 1, 12, 'fox'],
    ['r', 'rewrite', 5, 2, 'retry'],
    ['c', 'rewrite', 5, 2, 12, 'prefill'],
  ),
);
const sent = fc.oneof(
  ...[...BODIES.map((body) => ({ ...HEAD, ...body })), SNAPSHOT].map((event) => fc.constant(event)),
);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

test('every event of this release is read as it was written', () => {
  for (const body of BODIES) {
    expect(readEvent({ ...HEAD, ...body })).toEqual({ ...HEAD, ...body });
    const stored = JSON.stringify(['e', 'rewrite', ['rewrite', 5, 1], body]);
    expect(decodeEvent(PROJECT, ID, stored)).toEqual({
      ...HEAD,
      timestamp: 1_764_000_000,
      ...body,
      attempt: body.type === 'reset' || body.type === 'resumed' ? 2 : 1,
    });
  }
  expect(readEvent(SNAPSHOT)).toEqual(SNAPSHOT);
});

test('an entry of the log in Redis is an event as its type states, or none, and no word of it is repeated', () => {
  fc.assert(
    fc.property(malformedFrom(entries), (stored) => {
      const why: string[] = [];
      const event = decodeEvent(PROJECT, ID, stored, (reason) => why.push(reason));
      if (event) expect(ORACLE.safeParse(event).error?.issues ?? []).toEqual([]);
      if (event) expect(event).toMatchObject({ id: ID, project_id: PROJECT });
      for (const reason of why) expect(reason).toMatch(/^(it is no JSON|[\w.[\]*]+ must be [\w, ]+)$/);
    }),
    { numRuns: 2_000 },
  );
});

test('an event over HTTP is one as its type states, or none; a page takes whatever it is', () => {
  const page = new StoryPage();
  fc.assert(
    fc.property(malformedFrom(sent), (text) => {
      let event: ReturnType<typeof readEvent>;
      try {
        event = readEvent(parsed(text));
      } catch (caught) {
        expect(caught).toBeInstanceOf(Misshapen);
        return;
      }
      if (!event) return;
      expect(ORACLE.safeParse(event).error?.issues ?? []).toEqual([]);
      page.apply(event);
    }),
    { numRuns: 2_000 },
  );
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test('a failure, a reset and a continuation of a newer release are still heard', () => {
  const of = { type: 'Sound.Lost', message: 'the sound is gone', retryable: true };
  expect(readEvent({ ...HEAD, type: 'attention', error: of, commands: [] })).toMatchObject({
    error: { type: 'Failure.Unknown', message: 'Sound.Lost: the sound is gone', retryable: true },
  });
  expect(readEvent({ ...HEAD, type: 'reset', reason: 'moon', attempt: 2 })).toMatchObject({ reason: 'retry' });
  expect(decodeEvent(PROJECT, ID, '["c","rewrite",5,2,12,"telepathy"]')).toMatchObject({ how: 'prefill' });
});

test('an event of a newer release is none, and no fault', () => {
  const refused: string[] = [];
  const stored = ['["e","rewrite",null,{"type":"applause","loud":true}]', '["z",1,2]'];
  for (const each of stored) expect(decodeEvent(PROJECT, ID, each, (why) => refused.push(why))).toBeUndefined();
  expect(readEvent({ ...HEAD, type: 'applause' })).toBeUndefined();
  expect(refused).toEqual([]);
});
