import type { ProjectId } from './ids';
import type { ProjectStatus } from './status';

/** The type of the workflow of the reconciler. */
export const RECONCILE_WORKFLOW = 'reconcile';

/** The schedule, and the ids of the workflows that it starts, of the workers that serve this task queue. */
export function reconcileScheduleOf(taskQueue: string): string {
  return `${taskQueue}-reconcile`;
}

/** The time after a change during which a row or a file is left alone, because its writer may not have finished. */
export const GRACE_SECONDS = { runs: 60, media: 3_600 } as const;

/** What the reconciler leaves alone. */
export interface ReconcileInput {
  /** The grace time for rows, and for runs that have ended. Default `GRACE_SECONDS.runs`. */
  readonly graceSeconds?: number;
  /** The grace time for files; longer than it takes from a file to its row. Default `GRACE_SECONDS.media`. */
  readonly mediaGraceSeconds?: number;
}

/** A project whose rows did not agree with Temporal, and now do. */
export interface RepairedProject {
  readonly projectId: ProjectId;
  readonly was: ProjectStatus;
  readonly now: ProjectStatus;
  readonly why: string;
}

/** A project that could not be repaired now; the reconciler comes to it again. */
export interface UnrepairedProject {
  readonly projectId: ProjectId;
  readonly was: ProjectStatus;
  readonly why: string;
}

/** What the reconciler has found among the runs. */
export interface RunsReport {
  /** How many projects have rows that state that a run is open. */
  readonly looked: number;
  /** How many of these projects have an open run, or wait in an open batch. */
  readonly live: number;
  /** How many have no run, but were changed within the grace time, so that they are left alone for now. */
  readonly fresh: number;
  readonly repaired: readonly RepairedProject[];
  readonly failed: readonly UnrepairedProject[];
  /** Workflows that run, by their ids, although there is no project of theirs. `cancel` ends them. */
  readonly strays: readonly string[];
  /** Paid video jobs that no run waits for; the next run of their project continues them. */
  readonly waitingJobs: number;
}

/** What the reconciler has found among the media. */
export interface MediaReport {
  readonly files: number;
  /** Files that no row refers to, and what they took. */
  readonly removed: number;
  readonly removedBytes: number;
  /** Files of unfinished work that crashes have left. */
  readonly removedDrafts: number;
  /** Rows whose file is not there. */
  readonly missing: number;
}

/** What the reconciler has found and repaired. */
export interface ReconcileReport {
  readonly runs: RunsReport;
  readonly media: MediaReport;
}

/** Where a page of projects begins: after this project, by the time of its last change. */
export interface ProjectPosition {
  readonly updatedAt: string;
  readonly id: string;
}

type Newer = 'failed' | 'strays';

/** Workers of earlier versions leave out what is newer. */
export interface RunsPage extends Omit<RunsReport, Newer>, Partial<Pick<RunsReport, Newer>> {
  /** Absent on the last page. */
  readonly next?: ProjectPosition;
}

/** The activities of the reconciler. */
export interface ReconcileActivities {
  /** Closes runs that are gone, one page of projects at a time. */
  reconcileRuns(request: { readonly graceSeconds: number; readonly after?: ProjectPosition }): Promise<RunsPage>;
  /** Removes media that no row refers to. */
  reconcileMedia(request: { readonly graceSeconds: number }): Promise<MediaReport>;
}
