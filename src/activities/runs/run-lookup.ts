import type { BatchId, EventError, FinalStatus, ProjectId } from '../../protocol';

/** The state of a project's newest run in Temporal, which is the authority for it. */
export type RunState =
  | { readonly kind: 'open' }
  /** Temporal knows no run: there never was one, or its history was removed. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'ended';
      readonly runId: string;
      readonly endedAt: Date;
      readonly outcome: FinalStatus;
      /** Why it failed. */
      readonly error?: EventError;
    };

export interface RunLookup {
  /** Throws if Temporal cannot be asked; the state of the run is then unknown. */
  newestRun(projectId: ProjectId): Promise<RunState>;
  /** Projects of the stories that are open on these workers' task queue, as Temporal's search knows them: some may have ended. */
  openStories(taskQueue: string): AsyncIterable<ProjectId>;
  /**
   * The start time of an execution or, after an operator's reset, the time of the reset. Undefined if Temporal has
   * none.
   */
  startedAt(projectId: ProjectId, runId: string): Promise<Date | undefined>;
  /** Whether somebody has asked Temporal to cancel the execution, also if no worker knows of it yet. Throws as `newestRun` does. */
  isCancelling(projectId: ProjectId, runId: string): Promise<boolean>;
  /** Whether a batch is open and will start what is queued in it. Throws as `newestRun` does. */
  isBatchOpen(batchId: BatchId): Promise<boolean>;
}
