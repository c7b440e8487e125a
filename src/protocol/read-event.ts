import { RESET_REASONS, WAYS_TO_CONTINUE } from './events';
import type {
  ContinuedBy,
  EventBody,
  EventError,
  EventHead,
  LaneSnapshot,
  LogEvent,
  ResetReason,
  SceneAsset,
  SceneFields,
  SceneSnapshot,
  StoryEvent,
  UsageTotals,
} from './events';
import { parseCursor, parseLaneId, parseProjectId } from './ids';
import { boundedError } from './outside-text';
import { readCursor as cursor, readLaneId as lane, readProjectId } from './read-ids';
import {
  count,
  fields,
  flag,
  isCount,
  list,
  number,
  Misshapen,
  oneOf,
  record,
  recordOf,
  text,
  type Reader,
} from './shape';
import { PROJECT_STATUSES, STATUSES } from './status';

/**
 * Reads every event that comes from Redis or over HTTP, so that its TypeScript type is true from then on. A newer release
 * may have events, fields and words that this one does not know.
 */

const errorFields = fields({ type: text, message: text, retryable: flag }, { issues: list(text) });
export const readError: Reader<EventError> = (value, at) => boundedError(errorFields(value, at));

/** A reset must take effect whatever its reason is, and so must a continuation. */
export const readReason: Reader<ResetReason> = (value, at) =>
  RESET_REASONS.find((known) => known === text(value, at)) ?? 'retry';
export const readContinuation: Reader<ContinuedBy> = (value, at) =>
  WAYS_TO_CONTINUE.find((known) => known === text(value, at)) ?? 'prefill';

const totals = {
  images: number,
  wasted_images: number,
  video_seconds: number,
  wasted_video_seconds: number,
  cost: number,
  useful_cost: number,
  wasted_cost: number,
  estimated: isTrue,
  unpriced: isTrue,
};
const tokens = { input_tokens: number, output_tokens: number, useful_tokens: number, wasted_tokens: number };
const usage: Reader<UsageTotals> = fields(tokens, totals);

type Body<Type extends EventBody['type']> = Omit<Extract<EventBody, { readonly type: Type }>, 'type'>;

const BODIES: { readonly [Type in EventBody['type']]: Reader<Body<Type>> } = {
  stage_update: fields({ status: oneOf(STATUSES) }, { progress: number, message: text }),
  token: fields({ content: text, offset: count }),
  progress: fields({ current: number, total: number, progress: number }, { item_name: text }),
  item_completed: fields({ item_type: text, sequence_number: count }, { metadata: record }),
  done: fields({ metadata: fields({ length: count, sha256: text }) }, { verified: flag }),
  error: fields({ error: text, retry_count: count }),
  stage_completed: fields({}, { metadata: record }),
  pipeline_done: fields({
    metadata: fields({ completed_stages: count, skipped_stages: count, total_stages: count }),
  }),
  pipeline_error: fields({ error: text }, { metadata: record }),
  reset: fields({ reason: readReason, attempt: count }),
  resumed: fields({ offset: count, attempt: count, how: readContinuation }),
  edited: fields({ version: count }, { by: text }),
  awaiting: fields({ gate: text }),
  attention: fields({ error: readError, commands: list(text) }),
  usage: fields(tokens, { project: usage, ...totals }),
};

/** What happened. Undefined for an event of a newer release; throws `Misshapen` for what is none. */
export function readBody(value: unknown): EventBody | undefined {
  const type = text(record(value)['type'], 'type');
  return isEventType(type) ? ({ type, ...BODIES[type](value) } as EventBody) : undefined;
}

function isEventType(type: string): type is EventBody['type'] {
  return Object.hasOwn(BODIES, type);
}

const head: Reader<EventHead> = fields(
  { id: cursor, project_id: readProjectId, stage: text, timestamp: number },
  { lane, fence: count, attempt: count },
);

const asset: Reader<SceneAsset> = fields(
  { asset: text, sha256: text, media_type: text },
  { width: number, height: number, duration: number },
);

export const SCENE_READERS: { readonly [Name in keyof SceneFields]: Reader<SceneFields[Name]> } = {
  scene_number: count,
  narration: text,
  visual_prompt: text,
  shot_type: text,
  duration: number,
};

const scene: Reader<SceneSnapshot> = fields(SCENE_READERS, {
  image: asset,
  camera: fields({ movement: text, speed: text }),
  clip: asset,
});

const laneSnapshot: Reader<LaneSnapshot> = fields(
  { status: oneOf(STATUSES), offset: count, fence: count, attempt: count },
  { text, sha256: text, verified: flag, error: readError },
);

const snapshot = fields(
  {
    project_id: readProjectId,
    stage: text,
    timestamp: number,
    status: oneOf(PROJECT_STATUSES),
    topic: text,
    lanes: recordOf(lane, laneSnapshot),
    scenes: list(scene),
  },
  {
    id: cursor,
    cursor,
    film: fields(
      { asset: text, sha256: text, bytes: number, duration: number, scenes: count },
      { stills: list(count), missing_scenes: list(count) },
    ),
  },
);

/** An event as viewers get it. Undefined for one of a newer release; throws `Misshapen` for what is none. */
export function readEvent(value: unknown): StoryEvent | undefined {
  if (isToken(value)) return value;
  const given = record(value);
  if (given['type'] === 'snapshot') return { type: 'snapshot', ...snapshot(given) };
  const body = readBody(given);
  return body && { ...head(given), ...body };
}

/** By hand, because there is one for each token of each viewer. Of tokens that were joined, only the last has an id. */
function isToken(value: unknown): value is LogEvent {
  const event = value as Readonly<Record<string, unknown>> | null | undefined;
  return (
    event?.['type'] === 'token' &&
    typeof event['content'] === 'string' &&
    isCount(event['offset']) &&
    parseLaneId(event['lane']) !== undefined &&
    isCount(event['fence']) &&
    isCount(event['attempt']) &&
    typeof event['stage'] === 'string' &&
    parseProjectId(event['project_id']) !== undefined &&
    Number.isFinite(event['timestamp']) &&
    (event['id'] === undefined || parseCursor(event['id']) !== undefined)
  );
}

function isTrue(value: unknown, at = ''): true {
  if (value === true) return true;
  throw new Misshapen(at, 'true');
}
