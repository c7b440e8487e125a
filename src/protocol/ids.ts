/** Id makers and their parsers, side by side. Nothing else in the project builds or takes apart these strings. */

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

/** A position in a project's event log: the Redis Stream id `<ms>-<seq>`. Glossary: cursor. */
export type Cursor = Branded<string, 'Cursor'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const CURSOR = /^\d{1,16}-\d{1,16}$/;
const WORKFLOW_PREFIX = 'story-';
const BATCH = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
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
export function projectIdOfWorkflow(workflowId: string): ProjectId | undefined {
  return workflowId.startsWith(WORKFLOW_PREFIX) ? parseProjectId(workflowId.slice(WORKFLOW_PREFIX.length)) : undefined;
}

/** Letters, digits, dots, dashes and underscores, at most 100; undefined for anything else. */
export function parseBatchId(text: string): BatchId | undefined {
  return BATCH.test(text) ? (text as BatchId) : undefined;
}

/** The id of the workflow of a batch. */
export function batchWorkflowIdOf(batchId: BatchId): string {
  return BATCH_PREFIX + batchId;
}

/** The batch of a workflow; undefined if it has none. */
export function batchIdOfWorkflow(workflowId: string): BatchId | undefined {
  return workflowId.startsWith(BATCH_PREFIX) ? parseBatchId(workflowId.slice(BATCH_PREFIX.length)) : undefined;
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

/** The stage of a lane, and the number of its scene if it has one. */
export function laneParts(lane: string): LaneParts {
  const slash = lane.indexOf('/');
  return slash < 0 ? { stage: lane } : { stage: lane.slice(0, slash), scene: Number(lane.slice(slash + 1)) };
}

/** The text as a cursor; undefined if it is none. */
export function parseCursor(text: unknown): Cursor | undefined {
  return typeof text === 'string' && CURSOR.test(text) ? (text as Cursor) : undefined;
}

/** Orders two cursors: negative, zero or positive as `a` lies before, at or after `b`. */
export function compareCursors(a: Cursor, b: Cursor): number {
  const [aMs = 0, aSeq = 0] = a.split('-').map(Number);
  const [bMs = 0, bSeq = 0] = b.split('-').map(Number);
  return aMs - bMs || aSeq - bSeq;
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
