import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { In } from 'typeorm';
import { Project } from '../entities';
import { mapInChunks } from './map-in-chunks';
import { isFinal, workflowIdOf, type BatchedStatus, type ProjectId, type StoryState } from '../protocol';
import type { ActivityDeps } from './deps';

/** Questions to Temporal at the same time. */
const AT_ONCE = 10;

/**
 * The state of each story in Temporal, in the order of the request; null if Temporal cannot answer for it now.
 * `queued`: the newest run of the story is older than the batch's entry and has announced its end, and the project
 * still needs a run.
 */
export async function storyStates(
  { dataSource, logger }: ActivityDeps,
  { projectIds }: { projectIds: readonly ProjectId[] },
): Promise<(StoryState | null)[]> {
  const { client } = Context.current();
  const states = await mapInChunks(projectIds, AT_ONCE, (projectId) =>
    storyState(client, projectId).catch((error: Error) => {
      logger.warn({ projectId, err: error.message }, 'a story of a batch could not be looked at');
      return null;
    }),
  );
  // In this order: a run that has ended before the rows are read is in the rows.
  const over = projectIds.filter((_, i) => hasEnded(states[i]));
  const queued = new Set<string>();
  if (over.length > 0) {
    const rows = await dataSource.manager.find(Project, {
      select: { id: true },
      where: { id: In(over), status: 'queued' },
    });
    for (const { id } of rows) queued.add(id);
  }
  return states.map((state, i) => (hasEnded(state) && queued.has(projectIds[i] ?? '') ? 'queued' : state));
}

function hasEnded(state: StoryState | null | undefined): boolean {
  return state === 'terminated' || (state !== null && state !== undefined && isFinal(state));
}

async function storyState(client: Client, projectId: ProjectId): Promise<StoryState> {
  try {
    const { status, typedSearchAttributes } = await client.workflow.getHandle(workflowIdOf(projectId)).describe();
    switch (status.name) {
      case 'COMPLETED':
        return 'completed';
      case 'CANCELLED':
        return 'cancelled';
      case 'FAILED':
        return 'failed';
      case 'TERMINATED':
      case 'TIMED_OUT':
        return 'terminated';
      case 'PAUSED':
        return 'paused';
      // Running, or what this version does not know.
      default:
        return reportedStatus(typedSearchAttributes.getAll().find(({ key }) => key.name === 'StoryStatus')?.value);
    }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'terminated';
    throw error;
  }
}

/** The status that a running story reports about itself. Before its first report it counts as processing. */
function reportedStatus(value: unknown): BatchedStatus {
  return value === 'needs_attention' || value === 'paused' || value === 'awaiting_approval' ? value : 'processing';
}
