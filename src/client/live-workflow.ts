import { WorkflowNotFoundError, type Client } from '@temporalio/client';

export interface StartedRun {
  readonly workflowId: string;
  readonly runId: string;
}

/** How long a run may take from its last event to its end in Temporal. */
const ENDING_MS = 10_000;

export async function isRunning(temporal: Client, workflowId: string): Promise<boolean> {
  try {
    return (await temporal.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/**
 * Waits a little for a run that has told its end and is about to be over. False at once where the workflow that is there is
 * a later run.
 */
export async function hasEnded(temporal: Client, workflowId: string, run: string | null): Promise<boolean> {
  const { runId, raw } = await temporal.workflow.getHandle(workflowId).describe();
  if (runId !== run && raw.workflowExecutionInfo?.firstRunId !== run) return false;
  const ended = temporal.workflow
    .getHandle(workflowId, runId)
    .result()
    .then(
      () => true,
      () => true,
    );
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), ENDING_MS)));
  return Promise.race([ended, patience]).finally(() => clearTimeout(timer));
}

/** The run that was started for this request, if it was the last one. */
export async function runOfRequest(
  temporal: Client,
  workflowId: string,
  requestId: string,
): Promise<StartedRun | undefined> {
  try {
    const { memo, runId } = await temporal.workflow.getHandle(workflowId).describe();
    return memo?.['requestId'] === requestId ? { workflowId, runId } : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
