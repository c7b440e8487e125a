import type { EntityManager } from 'typeorm';
import { afterCommit } from '../../entities';
import { mapInChunks } from '../map-in-chunks';
import {
  fenceOf,
  isFinal,
  type BatchedStatus,
  type EventError,
  type ProjectId,
  type ProjectStatus,
} from '../../protocol';
import { withTimeout } from '../../with-timeout';
import type { ActivityDeps } from '../deps';
import { closeAbandoned, publishAbandoned } from '../usage/abandoned-calls';
import { announceEnd, countEnd } from './close-run';
import { endRun, type ProjectSeen, type RunEnd } from './end-run';
import type { RunState } from './run-lookup';

const ANNOUNCE_MS = 1_000;
/** Queued projects that are closed at the same time. */
const AT_ONCE = 4;

/** A run that is not open in Temporal, whatever its rows show. */
export type GoneRun = Exclude<RunState, { kind: 'open' }>;

const LOST: EventError = {
  type: 'Run.Gone',
  message: 'The run is lost: Temporal knows nothing of it. Start it again.',
  retryable: false,
};

/**
 * Closes what an orphaned run has left: its rows, its unfinished calls, and the run as viewers see it. Returns the
 * project's new status. Returns undefined and changes nothing if the row has changed since Temporal was asked, because
 * then a new run begins.
 */
export async function closeGoneRun(
  deps: ActivityDeps,
  seen: ProjectSeen,
  run: GoneRun,
  end: RunEnd,
): Promise<(RunEnd & { readonly status: ProjectStatus }) | undefined> {
  const { projectId } = seen;
  const names = namesOf(seen, run);
  const fence = await fenceAfter(deps.dataSource.manager, projectId, run);
  // Calls of a newer run have newer fences.
  const abandoned = await closeAbandoned(deps, { projectId, before: fence });
  return deps.dataSource.transaction(async (manager) => {
    const ended = await endRun(manager, { ...end, projectId, execution: names.execution, fence, seen });
    if (!ended) return undefined;
    afterCommit(manager, () => countEnd(deps.metrics, ended));
    // While a new run still waits for this row, so that its viewers never take this end for its own.
    if (!isFinal(seen.status)) {
      await withinTime(deps, projectId, async () => {
        // The cost of the run's calls is published before its end, as in every run.
        await publishAbandoned(deps, abandoned, manager);
        await announceEnd(deps, ended, names);
      });
    }
    const { status, error } = ended.project;
    return { status, outcome: isFinal(status) ? status : end.outcome, error };
  });
}

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
  await mapInChunks(projectIds, AT_ONCE, (projectId) =>
    closeOne(deps, projectId).catch((error: Error) => {
      deps.logger.warn({ projectId, err: error.message }, 'a queued project could not be closed');
      failures.push(error);
    }),
  );
  if (failures.length > 0) throw failures[0];
}

async function closeOne(deps: ActivityDeps, projectId: ProjectId): Promise<void> {
  const seen = await seeProject(deps, projectId);
  if (seen?.status !== 'queued') return;
  const run = await deps.runs.newestRun(projectId);
  if (run.kind !== 'open') await closeGoneRun(deps, seen, run, { outcome: 'cancelled', error: null });
}

/** `lost`: the error of a run that Temporal does not know. */
export function endOf(run: GoneRun, lost = LOST): RunEnd {
  if (run.kind === 'none') return { outcome: 'failed', error: lost };
  return { outcome: run.outcome, error: run.error ?? null };
}

/** The project's row, to be looked at before Temporal is asked. */
async function seeProject({ dataSource }: ActivityDeps, id: ProjectId): Promise<ProjectSeen | undefined> {
  const [seen] = await dataSource.query<ProjectSeen[]>(
    `SELECT id AS "projectId", status, run_id AS "runId", updated_at::text AS "updatedAt" FROM projects WHERE id = $1`,
    [id],
  );
  return seen;
}

/** Between the last step of the run that is gone and the first one of a run that begins later. */
async function fenceAfter(manager: EntityManager, projectId: ProjectId, run: GoneRun): Promise<number> {
  if (run.kind === 'ended') return fenceOf(run.endedAt.getTime(), 0);
  const [row]: { newest: number }[] = await manager.query(
    `SELECT greatest(p.run_fence, p.status_fence, (SELECT max(fence) FROM lanes WHERE project_id = p.id),
              (SELECT max(fence) FROM model_usage WHERE project_id = p.id))::float8 AS newest
     FROM projects AS p WHERE id = $1`,
    [projectId],
  );
  return (row?.newest ?? 0) + 1;
}

/** A run that has announced its end itself announces no other one; one that had not opened has announced nothing. */
function namesOf({ runId, status, updatedAt }: ProjectSeen, run: GoneRun): { runId: string; execution: string } {
  const gone = run.kind === 'ended' ? run.runId : (runId ?? 'none');
  return { runId: runId ?? gone, execution: status === 'queued' ? `queued ${updatedAt}` : gone };
}

/** If the log cannot be reached now, or hangs, viewers find the end in Postgres. */
async function withinTime(deps: ActivityDeps, projectId: ProjectId, announce: () => Promise<void>): Promise<void> {
  const failing = announce().then(
    () => undefined,
    (error: Error) => error.message,
  );
  const err = await withTimeout(failing, ANNOUNCE_MS, `not announced within ${ANNOUNCE_MS} ms`);
  if (err !== undefined) deps.logger.warn({ projectId, err }, 'the end was not announced to viewers');
}
