/** The states of a project, a stage and a lane. Legacy clients know the first five words (docs/protocol.md). */
export const STATUSES = [
  'pending',
  'processing',
  'completed',
  'failed',
  'skipped',
  'paused',
  'needs_attention',
  'awaiting_approval',
  'cancelled',
] as const;

/** The status of a lane; `needs_attention` is that of a parked one. Glossary: needs_attention. */
export type LaneStatus = (typeof STATUSES)[number];

/** One character for each, the same in the terminal and in the Temporal UI. */
export const STATUS_MARKS: Readonly<Record<LaneStatus, string>> = {
  pending: '·',
  processing: '▶',
  completed: '✓',
  failed: '✗',
  skipped: '–',
  paused: '‖',
  needs_attention: '⚠',
  awaiting_approval: '?',
  cancelled: '✗',
};

/** The states of a project. */
export const PROJECT_STATUSES = [
  'draft',
  'queued',
  'processing',
  'completed',
  'failed',
  'paused',
  'needs_attention',
  'awaiting_approval',
  'cancelled',
] as const;

/** The status of a project. */
export type ProjectStatus = (typeof PROJECT_STATUSES)[number];

/** The states of a run that has ended. */
export const FINAL_STATUSES = ['completed', 'failed', 'cancelled'] as const;

/** How a run has ended. */
export type FinalStatus = (typeof FINAL_STATUSES)[number];

/** The status of a run, as the workflow and the search attribute `StoryStatus` show it. */
export type RunStatus = 'running' | 'paused' | 'awaiting_approval' | 'needs_attention' | FinalStatus;

/** The status of a run that has not ended, in the words of Postgres. */
export type LiveStatus = 'processing' | 'paused' | 'awaiting_approval' | 'needs_attention';

/** The run has ended: a viewer has nothing more to wait for. */
export function isFinal<S extends ProjectStatus | RunStatus>(status: S): status is S & FinalStatus {
  return FINAL_STATUSES.some((final) => final === status);
}
