import { isFinal, type BatchedStatus, type EventError, type ProjectId } from '../../protocol';
import type { ActivityDeps } from '../deps';
import type { ProjectSeen, RunEnd } from './end-run';
import { closeGoneRun, seeProject, type GoneRun } from './gone-run';

/** Queued projects that are closed at the same time. */
const AT_ONCE = 4;

/**
 * Closes what a story of a batch has left if it was ended from outside, and returns the project's status. If somebody
 * has started the story again, the newer run counts, and nothing is closed. Safe to repeat.
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
  // The row was changed by a new run, or by an earlier attempt of this step.
  return closed ? closed.outcome : closeStory(deps, { projectId });
}

/**
 * Ends queued projects that will not be started: rows and viewers see a cancelled run. A project that somebody has
 * started meanwhile is left alone. A project that cannot be closed does not delay the others. Safe to repeat.
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

/** The error of a run that Temporal does not know. */
export const LOST: EventError = {
  type: 'Run.Gone',
  message: 'The run is lost: Temporal knows nothing of it. Start it again.',
  retryable: false,
};
