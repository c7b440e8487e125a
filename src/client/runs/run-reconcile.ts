import { WorkflowFailedError, type Client } from '@temporalio/client';
import { TimeoutFailure } from '@temporalio/common';
import {
  RECONCILE_WORKFLOW,
  reconcileScheduleOf,
  StoryreelError,
  type ReconcileInput,
  type ReconcileReport,
} from '../../protocol';
import { briefly } from './live-workflow';

/** A worker that is there takes it at once; with very many media it takes a while. */
const MAX_MINUTES = 30;

/**
 * Asks the workers of this task queue to reconcile now, or waits for a reconciliation that runs already. Throws
 * `Service.Unreachable` if no worker has finished it in time.
 */
export async function runReconcile(
  temporal: Client,
  taskQueue: string,
  input: ReconcileInput,
): Promise<ReconcileReport> {
  try {
    const handle = await briefly(temporal, () =>
      temporal.workflow.start<(given: ReconcileInput) => Promise<ReconcileReport>>(RECONCILE_WORKFLOW, {
        workflowId: `${reconcileScheduleOf(taskQueue)}-now`,
        taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowExecutionTimeout: MAX_MINUTES * 60_000,
        staticSummary: 'makes rows and media true',
      }),
    );
    return await handle.result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const why =
      error.cause instanceof TimeoutFailure
        ? `No worker of ${taskQueue} has done it within ${MAX_MINUTES} minutes.`
        : (rootOf(error).message ?? '');
    throw new StoryreelError('Service.Unreachable', `The reconciler has not got to its end: ${why}`, { cause: error });
  }
}

function rootOf(error: Error): Error {
  return error.cause instanceof Error ? rootOf(error.cause) : error;
}
