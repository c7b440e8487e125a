import { temporal as proto } from '@temporalio/proto';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';

const { WorkflowTaskFailedCause: CAUSES } = proto.api.enums.v1;
/**
 * These are no faults of ours. A message arrived while the workflow was about to end, or more bytes of messages arrived
 * during a task than the server holds back.
 */
const OF_THE_SERVER: readonly (number | null | undefined)[] = [
  CAUSES.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
  CAUSES.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
];
/** Events have large messages, and more of them would not fit into one answer. */
const PAGE = 2;

/** The failures of a workflow's tasks, in all of its runs; empty if none failed, or if there is no such workflow. */
export async function failedTasks(temporal: Client, namespace: string, workflowId: string): Promise<string[]> {
  const failures: string[] = [];
  try {
    let runId: string | undefined;
    do {
      const { raw, runId: known } = await temporal.workflow.getHandle(workflowId, runId).describe();
      const attempt = raw.pendingWorkflowTask?.attempt ?? 0;
      if (attempt > 1) failures.push(`${workflowId}: a task is tried for the ${attempt}th time`);
      let continued: string | undefined;
      for await (const event of eventsOf(temporal, namespace, { workflowId, runId: known })) {
        continued ??= event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? undefined;
        const failed = event.workflowTaskFailedEventAttributes;
        if (failed && !OF_THE_SERVER.includes(failed.cause)) {
          // The server itself gives a cause, and no words.
          failures.push(`${workflowId}: ${failed.failure?.message ?? CAUSES[failed.cause ?? 0]}`);
        }
      }
      runId = continued || undefined;
    } while (runId !== undefined);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  return failures;
}

async function* eventsOf(
  { workflowService }: Client,
  namespace: string,
  execution: { readonly workflowId: string; readonly runId: string },
): AsyncGenerator<proto.api.history.v1.IHistoryEvent> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await workflowService.getWorkflowExecutionHistory({
      namespace,
      execution,
      maximumPageSize: PAGE,
      ...(nextPageToken && { nextPageToken }),
    });
    yield* page.history?.events ?? [];
    nextPageToken = page.nextPageToken;
  } while (nextPageToken && nextPageToken.length > 0);
}
