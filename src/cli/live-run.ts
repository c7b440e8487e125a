import type { StoryClient } from '../client';
import type { ProjectId } from '../protocol';
import { withTimeout } from '../with-timeout';

/** Without a worker, the workflow does not answer. */
const ANSWER_MS = 3_000;

/** The state of the project's run in Temporal. A workflow that exists and does not answer counts as running. */
export async function liveRun(client: StoryClient, projectId: ProjectId): Promise<'none' | 'running' | 'parked'> {
  const asked = client.runStatus(projectId).then(
    (run) =>
      run === undefined
        ? 'none'
        : run.status === 'needs_attention' || run.status === 'awaiting_approval'
          ? 'parked'
          : 'running',
    () => 'running' as const,
  );
  return withTimeout(asked, ANSWER_MS, 'running');
}
