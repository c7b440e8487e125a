import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { afterCommit } from '../../entities';
import { fenceOf, isFinal, type ProjectId, type ProjectStatus } from '../../protocol';
import { closeAbandoned, publishAbandoned } from '../usage/abandoned-calls';
import { announceEnd } from './announce-end';
import { countEnd } from './count-runs';
import type { ActivityDeps } from '../deps';
import { endRun, type ProjectSeen, type RunEnd } from './end-run';
import type { RunState } from './run-lookup';

const ANNOUNCE_MS = 1_000;

/** A run that is not open in Temporal, whatever its rows show. */
export type GoneRun = Exclude<RunState, { kind: 'open' }>;

/** The project's row, to be looked at before Temporal is asked. */
export async function seeProject({ dataSource }: ActivityDeps, id: ProjectId): Promise<ProjectSeen | undefined> {
  const [seen] = await dataSource.query<ProjectSeen[]>(
    `SELECT id AS "projectId", status, run_id AS "runId", updated_at::text AS "updatedAt" FROM projects WHERE id = $1`,
    [id],
  );
  return seen;
}

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
  const fence = await fenceAfter(deps.dataSource.manager, projectId, run);
  // Calls of a newer run have newer fences.
  const abandoned = await closeAbandoned(deps, { projectId, before: fence });
  return deps.dataSource.transaction(async (manager) => {
    const ended = await endRun(manager, { ...end, projectId, fence, seen });
    if (!ended) return undefined;
    afterCommit(manager, () => countEnd(deps.metrics, ended));
    // While a new run still waits for this row, so that its viewers never take this end for its own.
    if (!isFinal(seen.status)) {
      await withinTime(deps, projectId, async () => {
        // The cost of the run's calls is published before its end, as in every run.
        await publishAbandoned(deps, abandoned, manager);
        await announceEnd(deps, ended, namesOf(seen, run));
      });
    }
    const { status, error } = ended.project;
    return { status, outcome: isFinal(status) ? status : end.outcome, error };
  });
}

/** Between the last step of the run that is gone and the first one of a run that begins later. */
async function fenceAfter(manager: EntityManager, projectId: ProjectId, run: GoneRun): Promise<number> {
  if (run.kind === 'ended') return fenceOf(run.endedAt.getTime(), 0);
  const [row]: { newest: number }[] = await manager.query(
    `SELECT greatest(p.run_fence, (SELECT max(fence) FROM lanes WHERE project_id = p.id),
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
  const timeout = new AbortController();
  const late = sleep(ANNOUNCE_MS, undefined, { signal: timeout.signal }).then(() => {
    throw new Error(`not announced within ${ANNOUNCE_MS} ms`);
  });
  await Promise.race([announce(), late])
    .catch((error: Error) =>
      deps.logger.warn({ projectId, err: error.message }, 'the end was not announced to viewers'),
    )
    .finally(() => timeout.abort());
}
