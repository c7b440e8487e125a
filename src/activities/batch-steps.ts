import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { workflowIdOf, type BatchedStatus, type ProjectId, type StoryState } from '../protocol';
import type { ActivityDeps } from './deps';

/** Questions to Temporal at the same time. */
const AT_ONCE = 10;

/** What Temporal says of each story, in the order asked; null of one that it cannot say anything of now. */
export async function storyStates(
  { logger }: ActivityDeps,
  { projectIds }: { projectIds: readonly ProjectId[] },
): Promise<(StoryState | null)[]> {
  const { client } = Context.current();
  const states: (StoryState | null)[] = [];
  for (let at = 0; at < projectIds.length; at += AT_ONCE) {
    const some = projectIds.slice(at, at + AT_ONCE).map((projectId) =>
      storyState(client, projectId).catch((error: Error) => {
        logger.warn({ projectId, err: error.message }, 'a story of a batch could not be looked at');
        return null;
      }),
    );
    states.push(...(await Promise.all(some)));
  }
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
