import { isFinal, type BatchedStatus, type EventError, type ProjectId } from '../../protocol';
import type { ActivityDeps } from '../deps';
import type { ProjectSeen, RunEnd } from './end-run';
import { closeGoneRun, seeProject, type GoneRun } from './gone-run';

/** Queued projects that are closed at the same time. */
const AT_ONCE = 4;

/**
 * Closes what a story of a batch has left behind that was ended from outside, and gives how the project stands then. Somebody
 * may have started it again: then that run is what counts, and nothing is closed. Safe to repeat.
 */
export async function closeStory(
  deps: ActivityDeps,
  { projectId }: { readonly projectId: ProjectId },
): Promise<BatchedStatus> {
  const seen = await seeProject(deps, projectId);
  // Deleted meanwhile.
  if (!seen) return 'failed';
  const run = await deps.runs.newestRun(projectId);
  if (run.kind === 'open') return 'processing';
  if (isFinal(seen.status)) return seen.status;
  const closed = await closeGoneRun(deps, seen, run, endOf(run));
  // What has changed the row may be a new run, or this step's own earlier attempt.
  return closed ? closed.outcome : closeStory(deps, { projectId });
}

/**
 * Ends projects that were queued and will not have their turn, for rows and viewers as a cancelled run ends. One that
 * somebody has started meanwhile is left alone. One that cannot be closed keeps none of the others open. Safe to repeat.
 */
export async function closeQueued(
  deps: ActivityDeps,
  { projectIds }: { readonly projectIds: readonly ProjectId[] },
): Promise<void> {
  const failures: unknown[] = [];
  for (let at = 0; at < projectIds.length; at += AT_ONCE) {
    const some = projectIds.slice(at, at + AT_ONCE).map((projectId) =>
      closeOne(deps, projectId).catch((error: Error) => {
        deps.logger.warn({ projectId, err: error.message }, 'a queued project could not be closed');
        failures.push(error);
      }),
    );
    await Promise.all(some);
  }
  if (failures.length > 0) throw failures[0];
}

async function closeOne(deps: ActivityDeps, projectId: ProjectId): Promise<void> {
  const seen: ProjectSeen | undefined = await seeProject(deps, projectId);
  if (seen?.status !== 'queued') return;
  const run = await deps.runs.newestRun(projectId);
  if (run.kind !== 'open') await closeGoneRun(deps, seen, run, { outcome: 'cancelled', error: null });
}

function endOf(run: GoneRun): RunEnd {
  if (run.kind === 'none') return { outcome: 'failed', error: LOST };
  return { outcome: run.outcome, error: run.error ?? null };
}

/** Of a run of which Temporal knows nothing. */
export const LOST: EventError = {
  type: 'Run.Gone',
  message: 'The run is lost: Temporal knows nothing of it. Start it again.',
  retryable: false,
};
