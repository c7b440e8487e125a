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

/** Waits a little for a workflow that is about to end. */
export async function hasEnded(temporal: Client, workflowId: string): Promise<boolean> {
  const handle = temporal.workflow.getHandle(workflowId);
  const ended = handle.result().then(
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
