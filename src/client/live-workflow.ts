import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { settlesWithin } from './patience';

export interface StartedRun {
  readonly workflowId: string;
  readonly runId: string;
}

/** How long a run may take from its last event to its end in Temporal. */
const ENDING_MS = 10_000;

/** What Temporal answers about a workflow; undefined where it has none of this id, or where that has ended and cannot be told. */
export async function whereFound<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  });
}

/** The workflow of this id, as long as it runs. */
export async function liveWorkflow(
  temporal: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  const found = await whereFound(temporal.workflow.getHandle(workflowId).describe());
  return found?.status.name === 'RUNNING' ? found : undefined;
}

export async function isRunning(temporal: Client, workflowId: string): Promise<boolean> {
  return (await liveWorkflow(temporal, workflowId)) !== undefined;
}

/**
 * Waits a little for a run that has told its end and is about to be over. False at once where the workflow that is there is
 * a later run.
 */
export async function hasEnded(temporal: Client, workflowId: string, run: string | null): Promise<boolean> {
  const { runId, raw } = await temporal.workflow.getHandle(workflowId).describe();
  if (runId !== run && raw.workflowExecutionInfo?.firstRunId !== run) return false;
  // However it ends.
  const ended = temporal.workflow
    .getHandle(workflowId, runId)
    .result()
    .catch(() => undefined);
  return settlesWithin(ended, ENDING_MS);
}

/** The run that was started for this request, if it was the last one. */
export async function runOfRequest(
  temporal: Client,
  workflowId: string,
  requestId: string,
): Promise<StartedRun | undefined> {
  const found = await whereFound(temporal.workflow.getHandle(workflowId).describe());
  return found?.memo?.['requestId'] === requestId ? { workflowId, runId: found.runId } : undefined;
}
