import { isGrpcServiceError, type Client } from '@temporalio/client';
import { workflowIdOf, type ProjectId } from '../../protocol';
import { undefinedIfNotFound } from './live-workflow';

/** gRPC's NOT_FOUND. */
const NOT_FOUND = 5;

/**
 * Asks Temporal to remove all data of a project's ended runs: histories, messages to the runs, and search attributes.
 * Resolves with the number of runs. Temporal removes them a little later, and lists them until then.
 */
export async function purgeHistory(temporal: Client, projectId: ProjectId): Promise<number> {
  const workflowId = workflowIdOf(projectId);
  const removed = new Set<string>();
  for (;;) {
    const left = (await runsOf(temporal, workflowId)).filter((runId) => !removed.has(runId));
    if (left.length === 0) return removed.size;
    for (const runId of left) {
      await remove(temporal, workflowId, runId);
      removed.add(runId);
    }
  }
}

/** Those that are listed, and the newest one, which may not be listed yet. */
async function runsOf(temporal: Client, workflowId: string): Promise<string[]> {
  const runs = new Set<string>();
  for await (const { runId } of temporal.workflow.list({ query: `WorkflowId = '${workflowId}'` })) runs.add(runId);
  const newest = await undefinedIfNotFound(temporal.workflow.getHandle(workflowId).describe());
  if (newest) runs.add(newest.runId);
  return [...runs];
}

async function remove(temporal: Client, workflowId: string, runId: string): Promise<void> {
  const { namespace } = temporal.options;
  const request = { namespace, workflowExecution: { workflowId, runId } };
  await temporal.workflowService.deleteWorkflowExecution(request).catch((error: unknown) => {
    if (!isGrpcServiceError(error) || Number(error.code) !== NOT_FOUND) throw error;
  });
}
