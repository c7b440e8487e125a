import type { BatchId, EventError, ProjectId } from '../../protocol';

/** How the newest run of a project stands in Temporal, which has the last word on it. */
export type RunState =
  | { readonly kind: 'open' }
  /** Temporal knows of none: it never was, or its history is gone. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'ended';
      readonly runId: string;
      readonly endedAt: Date;
      readonly outcome: 'completed' | 'cancelled' | 'failed';
      /** Why it failed. */
      readonly error?: EventError;
    };

export interface RunLookup {
  /** Throws where Temporal cannot be asked; that is no word on the run. */
  newestRun(projectId: ProjectId): Promise<RunState>;
  /** Projects of the stories that are open on these workers' task queue, as Temporal's search knows them: some may have ended. */
  openStories(taskQueue: string): AsyncIterable<ProjectId>;
  /** When an execution began; of one that an operator's reset has made, when that was. Undefined where Temporal has none. */
  startedAt(projectId: ProjectId, runId: string): Promise<Date | undefined>;
  /** Whether a batch goes on and will come to what is queued in it. Throws as `newestRun` does. */
  isBatchOpen(batchId: BatchId): Promise<boolean>;
}
