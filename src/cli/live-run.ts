import { setTimeout as sleep } from 'node:timers/promises';
import type { StoryClient } from '../client';
import type { ProjectId } from '../protocol';

/** Without a worker, the workflow does not answer. */
const ANSWER_MS = 3_000;

/** The state of the project's run in Temporal. A workflow that exists and does not answer counts as running. */
export async function liveRun(client: StoryClient, projectId: ProjectId): Promise<'none' | 'running' | 'parked'> {
  const late = new AbortController();
  const asked = client.runStatus(projectId).then(
    (run) =>
      run === undefined
        ? 'none'
        : run.status === 'needs_attention' || run.status === 'awaiting_approval'
          ? 'parked'
          : 'running',
    () => 'running' as const,
  );
  const patience = sleep(ANSWER_MS, 'running' as const, { signal: late.signal }).catch(() => 'running' as const);
  const answer = await Promise.race([asked, patience]);
  late.abort();
  return answer;
}
