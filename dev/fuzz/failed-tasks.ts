import { temporal } from '@temporalio/proto';
import { WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';

/** None of ours: a message came while the workflow was about to end. */
const { WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND: UNHANDLED } = temporal.api.enums.v1.WorkflowTaskFailedCause;

/** What went wrong with the tasks of a workflow, in all of its runs; empty where nothing did, and where there is none. */
export async function failedTasks(client: Client, workflowId: string): Promise<string[]> {
  const failures: string[] = [];
  let handle: WorkflowHandle | undefined = client.workflow.getHandle(workflowId);
  while (handle) {
    const run: WorkflowHandle = handle;
    try {
      const { raw } = await run.describe();
      const events = (await run.fetchHistory()).events ?? [];
      for (const { workflowTaskFailedEventAttributes: failed } of events) {
        if (!failed || failed.cause === UNHANDLED) continue;
        failures.push(`${workflowId}: ${failed.failure?.message ?? 'a task failed'}`);
      }
      const attempt = Number(raw.pendingWorkflowTask?.attempt ?? 0);
      if (attempt > 1) failures.push(`${workflowId}: a task is tried for the ${attempt}th time`);
      const before = events[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
      handle = before ? client.workflow.getHandle(workflowId, before) : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return failures;
      throw error;
    }
  }
  return failures;
}
