import type { EntityManager } from 'typeorm';
import { lockProject, ProjectStage } from '../../entities';
import { fenceOf, type ResyncRequest } from '../../protocol';
import type { ActivityDeps } from '../deps';
import { refreshStage } from '../lanes/stage-rows';
import { isSupersededRun, currentFence } from '../lanes/current-fence';
import { isLateStatus, publishOpened, publishRunStatus, storeStatus } from './run-status';

/**
 * Sets rows and viewers to the state of a run that was reset to an earlier point, whatever the earlier execution has
 * done since. Results stay: a lane that is produced again uses its committed result.
 */
export async function resyncRun(deps: ActivityDeps, request: ResyncRequest): Promise<void> {
  const { projectId, runId, status, gates } = request;
  const since = await deps.runs.startedAt(projectId, runId);
  const begins = since ? fenceOf(since.getTime(), 0) : currentFence();
  const fence = await deps.dataSource.transaction(async (manager) => {
    await lockProject(manager, projectId);
    if (await isSupersededRun(manager, projectId, currentFence())) return undefined;
    if (await isLateStatus(manager, projectId, currentFence())) return undefined;
    await resyncLanes(manager, request, begins);
    const stages = await manager.findBy(ProjectStage, { projectId });
    for (const { stage } of stages) await refreshStage(manager, projectId, stage);
    await manager.query(
      `UPDATE project_stages AS s SET status = 'pending', started_at = NULL WHERE project_id = $1
         AND NOT EXISTS (SELECT 1 FROM lanes AS l WHERE l.project_id = $1 AND l.stage = s.stage AND l.status <> 'pending')`,
      [projectId],
    );
    return resyncProject(manager, request, begins);
  });
  if (fence === undefined) return;
  await publishOpened(deps, { projectId, runId, status, fence });
  if (status === 'paused' || gates.length > 0) await publishRunStatus(deps, request);
}

/**
 * Decides under the project's lock whether a lane waits for a person. Returns the fence of the run. The run's own
 * attempts have a higher fence, even if they were scheduled before this step; all earlier attempts have a lower one.
 * Returns undefined and changes nothing if a newer run has begun.
 */
async function resyncProject(
  manager: EntityManager,
  { projectId, runId, status }: ResyncRequest,
  begins: number,
): Promise<number | undefined> {
  const [project] = await manager.query<{ run_fence: string }[]>(
    'SELECT run_fence FROM projects WHERE id = $1 AND run_fence <= $2',
    [projectId, currentFence()],
  );
  if (!project) return undefined;
  const fence = Math.max(Number(project.run_fence), begins);
  await manager.query(
    `UPDATE projects SET run_id = $2, run_fence = $3, finished_at = NULL, updated_at = now(),
       error = (SELECT error FROM lanes
                WHERE project_id = $1 AND status IN ('needs_attention', 'cancelled') LIMIT 1)
     WHERE id = $1`,
    [projectId, runId, fence],
  );
  await storeStatus(manager, projectId, status, currentFence());
  return fence;
}

/**
 * A lane that an attempt has claimed since the reset keeps its state. The attempt may have been scheduled together with
 * this step, and may have ended. Results that were committed before count as announced.
 */
async function resyncLanes(
  manager: EntityManager,
  { projectId, runId, lanes }: ResyncRequest,
  begins: number,
): Promise<void> {
  const idle = lanes.filter(({ status }) => status !== 'processing');
  await manager.query(
    `UPDATE lanes AS l SET status = v.status, error = v.error, updated_at = now(),
       announced_run_id = CASE WHEN v.status IN ('completed', 'skipped') THEN $2::text ELSE l.announced_run_id END
     FROM jsonb_to_recordset($3::jsonb) AS v(lane text, status text, error jsonb)
     WHERE l.project_id = $1 AND l.lane = v.lane AND l.fence < $4`,
    [projectId, runId, JSON.stringify(idle), begins],
  );
}
