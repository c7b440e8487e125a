import type { Client } from '@temporalio/client';
import type { BatchView, ProjectId, StoryClient } from '../../src/client';
import { batchWorkflowIdOf, workflowIdOf, type BatchId } from '../../src/protocol';
import { PATIENCE_MS, until } from './until';

/** Where the batch stands when nothing of it runs any more. */
export async function batchToEnd(client: StoryClient, batchId: string): Promise<BatchView> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  let last: BatchView | undefined;
  for await (const view of client.watchBatch(batchId, { signal: patience })) last = view;
  if (last && !last.running) return last;
  throw new Error(`not over within ${PATIENCE_MS} ms: ${JSON.stringify(last?.counts)}`);
}

/** Resolves when so many of the batch's projects stand there. */
export function untilCount(
  client: StoryClient,
  batchId: string,
  status: keyof BatchView['counts'],
  count: number,
): Promise<BatchView> {
  return until(`${count} are ${status}`, async () => {
    const view = await client.batchStatus(batchId);
    return view.counts[status] === count && view;
  });
}

export function batchOf(client: Client, batchId: BatchId) {
  return client.workflow.getHandle(batchWorkflowIdOf(batchId));
}

/** The workflows that the batch's last run has started, in that order. */
export async function startedBy(client: Client, batchId: BatchId): Promise<string[]> {
  const { events } = await batchOf(client, batchId).fetchHistory();
  return (events ?? []).flatMap(
    ({ startChildWorkflowExecutionInitiatedEventAttributes: child }) => child?.workflowId ?? [],
  );
}

/** Whether the batch's last run came to a story that somebody else had started. */
export async function hasFoundOneStarted(client: Client, batchId: BatchId): Promise<boolean> {
  const { events } = await batchOf(client, batchId).fetchHistory();
  return (events ?? []).some((event) => event.startChildWorkflowExecutionFailedEventAttributes);
}

export function workflowIds(projectIds: readonly ProjectId[]): string[] {
  return projectIds.map((id) => workflowIdOf(id));
}
