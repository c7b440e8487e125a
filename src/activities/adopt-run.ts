import { activityInfo } from '@temporalio/activity';
import type { EntityManager } from 'typeorm';
import { fenceOf, STAGES, type AdoptRequest } from '../protocol';
import type { ActivityDeps } from './deps';
import { refreshStage } from './lane-store';
import { publishForRun } from './run-lifecycle';
import { markRun } from './steer-run';

/**
 * Brings rows and viewers to where a run stands that was reset to an earlier point, whatever the run before has made of
 * them since. Results stay as they are: a lane that is made again uses what is settled.
 */
export async function adoptRun(deps: ActivityDeps, request: AdoptRequest): Promise<void> {
  const { projectId, runId, status } = request;
  await deps.dataSource.transaction(async (manager) => {
    const error = request.lanes.find((lane) => lane.status === 'needs_attention')?.error ?? null;
    await manager.query(
      `UPDATE projects SET run_id = $2, status = $3, error = $4, finished_at = NULL, updated_at = now() WHERE id = $1`,
      [projectId, runId, status, error],
    );
    await adoptLanes(manager, request);
    for (const { name } of STAGES) await refreshStage(manager, projectId, name);
    await manager.query(
      `UPDATE project_stages AS s SET status = 'pending', started_at = NULL WHERE project_id = $1
         AND NOT EXISTS (SELECT 1 FROM lanes AS l WHERE l.project_id = $1 AND l.stage = s.stage AND l.status <> 'pending')`,
      [projectId],
    );
  });
  await deps.log
    .keep(projectId)
    .then(() => publishForRun(deps, projectId, [{ type: 'stage_update', status }], `open:${runId}`))
    .catch(() => undefined);
  if (status === 'paused' || request.gates.length > 0) await markRun(deps, request);
}

/** Those that are under way say so themselves. What was settled before counts as told. */
async function adoptLanes(manager: EntityManager, { projectId, runId, lanes }: AdoptRequest): Promise<void> {
  const { currentAttemptScheduledTimestampMs, attempt } = activityInfo();
  const standing = lanes.filter(({ status }) => status !== 'processing');
  await manager.query(
    `UPDATE lanes AS l SET status = v.status, error = v.error, updated_at = now(),
       announced_run_id = CASE WHEN v.status IN ('completed', 'skipped') THEN $2::text ELSE l.announced_run_id END
     FROM jsonb_to_recordset($3::jsonb) AS v(lane text, status text, error jsonb)
     WHERE l.project_id = $1 AND l.lane = v.lane AND l.fence <= $4`,
    [projectId, runId, JSON.stringify(standing), fenceOf(currentAttemptScheduledTimestampMs, attempt)],
  );
}
