import { activityInfo, Context } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { Project } from '../entities';
import { workflowIdOf, type BatchedStatus, type ProjectId, type StoryState } from '../protocol';
import type { ActivityDeps } from './deps';
import { closeRun } from './run-lifecycle';

/** What Temporal says of each story, in the order asked. */
export async function storyStates({ projectIds }: { projectIds: readonly ProjectId[] }): Promise<StoryState[]> {
  const { client } = Context.current();
  const states: StoryState[] = [];
  for (const projectId of projectIds) states.push(await storyState(client, projectId));
  return states;
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
        return standing(typedSearchAttributes.getAll().find(({ key }) => key.name === 'StoryStatus')?.value);
    }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'terminated';
    throw error;
  }
}

/** A live story's own word for where it stands. Before it has said anything it is about to work. */
function standing(said: unknown): BatchedStatus {
  return said === 'needs_attention' || said === 'paused' || said === 'awaiting_approval' ? said : 'processing';
}

/**
 * Ends projects that were queued and will not have their turn, for rows and viewers as a cancelled run ends. One that
 * somebody has started meanwhile is left alone. Safe to repeat.
 */
export async function closeQueued(
  deps: ActivityDeps,
  { projectIds }: { projectIds: readonly ProjectId[] },
): Promise<void> {
  const runId = activityInfo().workflowExecution?.runId ?? '';
  for (const projectId of projectIds) {
    const found = await deps.dataSource.getRepository(Project).findOne({
      select: { id: true },
      where: { id: projectId, status: 'queued' },
    });
    if (found) await closeRun(deps, { projectId, runId, outcome: 'cancelled', announce: true });
  }
}
