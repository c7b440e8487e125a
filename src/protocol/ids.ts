/**
 * Id makers and their parsers, side by side. Nothing else in the project builds or takes apart these strings, and nothing
 * else casts to their types. A parser takes any value, and returns undefined for what is no such id.
 */

import { MAX_BATCH_ID_LENGTH } from './limits';

declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** The primary key of `projects`, a UUID in lower case. */
export type ProjectId = Branded<string, 'ProjectId'>;

/**
 * `rewrite`, `film`, … for a stage that runs once; `image_generation/3` for scene 3 of a per-scene stage.
 * Glossary: lane.
 */
export type LaneId = Branded<string, 'LaneId'>;

/** The name of a batch of projects, chosen by the caller that starts it. */
export type BatchId = Branded<string, 'BatchId'>;

/**
 * The id of a story run: the Temporal run id of its first execution. It stays the same if the workflow continues as new.
 * Glossary: story run id.
 */
export type StoryRunId = Branded<string, 'StoryRunId'>;

/** What the name of a batch must be, as a regular expression and in words. */
export const BATCH_ID = {
  pattern: `^[A-Za-z0-9][A-Za-z0-9._-]{0,${MAX_BATCH_ID_LENGTH - 1}}$`,
  rule: `letters, digits, dots, dashes and underscores, at most ${MAX_BATCH_ID_LENGTH}, and begins with a letter or digit`,
} as const;

/** A position in a project's event log: the Redis Stream id `<ms>-<seq>`. Glossary: cursor. */
export type Cursor = Branded<string, 'Cursor'>;

const STAGE = /^[a-z][a-z0-9_]{0,49}(?:\.[a-z][a-z0-9_]{0,49})?$/;
const SCENE = /^[1-9]\d{0,8}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const CURSOR = /^\d{1,16}-\d{1,16}$/;
const WORKFLOW_PREFIX = 'story-';
const BATCH = new RegExp(BATCH_ID.pattern);
const BATCH_PREFIX = 'batch-';

/** Returns undefined if the text is no project id. Each caller makes the error that its user sees. */
export function parseProjectId(text: unknown): ProjectId | undefined {
  if (typeof text !== 'string') return undefined;
  const lower = text.trim().toLowerCase();
  return UUID.test(lower) ? (lower as ProjectId) : undefined;
}

/** The id of the workflow of a project. */
export function workflowIdOf(projectId: ProjectId): string {
  return WORKFLOW_PREFIX + projectId;
}

/** The project of a workflow; undefined if it has none. */
export function projectIdOfWorkflow(workflowId: unknown): ProjectId | undefined {
  return parseProjectId(withoutPrefix(WORKFLOW_PREFIX, workflowId));
}

/** A text as `BATCH_ID` describes it; undefined for anything else. */
export function parseBatchId(text: unknown): BatchId | undefined {
  return typeof text === 'string' && BATCH.test(text) ? (text as BatchId) : undefined;
}

/** The id of the story run that the execution with this Temporal run id begins. */
export function storyRunIdOf(firstRunId: string): StoryRunId {
  return firstRunId as StoryRunId;
}

/** The id of the workflow of a batch. */
export function batchWorkflowIdOf(batchId: BatchId): string {
  return BATCH_PREFIX + batchId;
}

/** The batch of a workflow; undefined if it has none. */
export function batchIdOfWorkflow(workflowId: unknown): BatchId | undefined {
  return parseBatchId(withoutPrefix(BATCH_PREFIX, workflowId));
}

function withoutPrefix(prefix: string, text: unknown): string | undefined {
  return typeof text === 'string' && text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

/** Lower case, digits and underscores, after the name of its package and a dot if it comes from one: `extras.title`. */
export function isStageName(text: unknown): text is string {
  return typeof text === 'string' && STAGE.test(text);
}

/** The id of a lane. */
export function laneId(stage: string, scene?: number): LaneId {
  return (scene === undefined ? stage : `${stage}/${scene}`) as LaneId;
}

/** The stage and the scene of a lane. */
export interface LaneParts {
  readonly stage: string;
  /** The scene number, from 1; absent for a stage that runs once per project. */
  readonly scene?: number;
}

/** The stage of a lane, and the number of its scene if it has one; undefined for what is no lane id. */
export function laneParts(lane: LaneId): LaneParts;
export function laneParts(lane: unknown): LaneParts | undefined;
export function laneParts(lane: unknown): LaneParts | undefined {
  if (typeof lane !== 'string') return undefined;
  const slash = lane.indexOf('/');
  const stage = slash < 0 ? lane : lane.slice(0, slash);
  if (!STAGE.test(stage)) return undefined;
  if (slash < 0) return { stage };
  const scene = lane.slice(slash + 1);
  return SCENE.test(scene) ? { stage, scene: Number(scene) } : undefined;
}

/** The text as a lane id; undefined if it is none. Whether a project has that lane, only the project knows. */
export function parseLaneId(text: unknown): LaneId | undefined {
  return laneParts(text) && (text as LaneId);
}

/** The entries of an object whose names are lane ids, with that type. */
export function laneEntries<T>(lanes: Readonly<Record<LaneId, T>>): (readonly [LaneId, T])[] {
  return Object.entries<T>(lanes).map(([lane, each]) => [lane as LaneId, each]);
}

/** The id of the activity with this name: a name that is pending already gets a number. */
export function activityIdOf(name: string, number = 1): string {
  return number === 1 ? name : `${name}~${number}`;
}

/** The lane that an activity works on; undefined if it works on none. */
export function laneOfActivity(activityId: unknown): LaneId | undefined {
  return parseLaneId(typeof activityId === 'string' ? activityId.replace(/~\d+$/, '') : undefined);
}

/** The place before the first event of every log. */
export const LOG_BEGINNING = cursorOf(0, 0);

/** The cursor of an event of this time, in milliseconds, and with this number within the millisecond. */
export function cursorOf(ms: number, seq: number): Cursor {
  return `${ms}-${seq}` as Cursor;
}

/** What `cursorOf` was given. */
export function cursorParts(cursor: Cursor): readonly [ms: number, seq: number] {
  const dash = cursor.indexOf('-');
  return [Number(cursor.slice(0, dash)), Number(cursor.slice(dash + 1))];
}

/** The text as a cursor; undefined if it is none. */
export function parseCursor(text: unknown): Cursor | undefined {
  return typeof text === 'string' && CURSOR.test(text) ? (text as Cursor) : undefined;
}

/**
 * Orders two cursors: negative, zero or positive as `a` lies before, at or after `b`. What is no cursor counts as the
 * beginning of the log.
 */
export function compareCursors(a: Cursor, b: Cursor): number {
  const [aMs, aSeq] = cursorParts(parseCursor(a) ?? LOG_BEGINNING);
  const [bMs, bSeq] = cursorParts(parseCursor(b) ?? LOG_BEGINNING);
  return aMs - bMs || aSeq - bSeq;
}

/** How much later the event at `b` was written than the one at `a`. */
export function millisecondsBetween(a: Cursor, b: Cursor): number {
  return Number.parseInt(b, 10) - Number.parseInt(a, 10);
}

/**
 * The fence (fencing token) of one attempt. It grows from attempt to attempt of a lane, also across runs, `activity
 * reset` and `workflow reset`. It stays below 2^53. It is built on the time at which *this attempt* was scheduled:
 * `activity reset` lowers the attempt number and keeps the time of the first attempt.
 * Glossary: fence.
 */
export function fenceOf(currentAttemptScheduledTimestampMs: number, attempt: number): number {
  return currentAttemptScheduledTimestampMs * 1000 + (attempt % 1000);
}
