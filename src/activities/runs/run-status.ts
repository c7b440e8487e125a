import { In, MoreThan, type EntityManager } from 'typeorm';
import { Lane, lockProject, Project, ProjectStage } from '../../entities';
import {
  laneParts,
  MAX_INTEGER,
  PIPELINE,
  storyRunIdOf,
  type EndedStep,
  type EventBody,
  type LaneId,
  type LiveStatus,
  type ParkRequest,
  type RunStatusRequest,
  type ProjectId,
  type RejectedLanes,
  type SceneIds,
  type SkipRequest,
} from '../../protocol';
import { numbersOf, sceneIds } from '../../stages';
import type { PublishReply, PublishRequest } from '../../stream';
import { announcedNow } from './announce';
import { cancelJobs } from '../media/cancel-jobs';
import type { ActivityDeps } from '../deps';
import { BUSY } from './end-run';
import { writerOf } from './publish-end';
import { forgetStageProgress } from './stage-progress';
import { clockWentBack, ClockWentBack, timeOf } from '../lanes/clock';
import { laneNow } from '../lanes/lane-of-scene';
import { releaseProject, storeAttention } from '../lanes/lane-store';
import { refreshStage } from '../lanes/stage-rows';
import { isSupersededRun, currentFence, currentStep } from '../lanes/current-fence';

/** A lane's retries are used up: it waits for a person, and its event contains the commands to type. */
export async function parkLane(deps: ActivityDeps, request: ParkRequest): Promise<EndedStep> {
  const { projectId, as } = request;
  const lane = await storeAttention(deps.dataSource, request, currentStep());
  if (lane === undefined) return { announced: true };
  deps.logger.info({ projectId, lane, type: request.error.type }, as === 'cancelled' ? 'lane stopped' : 'lane parked');
  if (as === 'cancelled') await cancelJobs(deps, { projectId, lanes: [lane] });
  return { announced: await announcedNow(deps, { projectId, lane, runId: request.runId ?? '' }) };
}

/** A person lets the run continue without a lane. From now on no attempt at this lane can write. */
export async function skipLane(deps: ActivityDeps, { runId, ...address }: SkipRequest): Promise<EndedStep> {
  const { fence, at } = currentStep();
  const { projectId } = address;
  const { stage } = laneParts(address.lane);
  const lane = await deps.dataSource.transaction(async (manager) => {
    // No edit moves a scene from here on.
    await lockProject(manager, projectId);
    if (await isSupersededRun(manager, projectId, fence)) return undefined;
    const lane = await laneNow(manager, address);
    if (lane === undefined) return undefined;
    await manager.query(
      `UPDATE lanes SET status = 'skipped', fence = greatest(fence, $3), error = NULL, finished_at = $4,
         updated_at = now()
       WHERE project_id = $1 AND lane = $2`,
      [projectId, lane, fence, at],
    );
    await refreshStage(manager, projectId, stage);
    await releaseProject(manager, projectId);
    return lane;
  });
  if (lane === undefined) return { announced: true };
  await cancelJobs(deps, { projectId, lanes: [lane] });
  return { announced: await announcedNow(deps, { projectId, lane, runId }) };
}

/**
 * A person wants lanes produced again and gives a reason, which becomes an input of these lanes from now on. A lane
 * whose text somebody has written since that person looked keeps it: the run then uses that text.
 */
export async function rejectLanes(
  deps: ActivityDeps,
  { projectId, lanes: known, sceneIds = {}, reason, version }: RejectedLanes,
): Promise<void> {
  const stages = [...new Set(known.map((lane) => laneParts(lane).stage))].sort();
  const { fence, id } = currentStep();
  const runId = await deps.dataSource.transaction(async (manager) => {
    await lockProject(manager, projectId);
    if (await isSupersededRun(manager, projectId, fence)) return null;
    const { runId } = await manager.findOneByOrFail(Project, { id: projectId });
    const rows = await manager.findBy(ProjectStage, { projectId, stage: In(stages) });
    // An earlier attempt at this step has done it, and the lanes may have begun since. It may have died right after.
    if (rows.some(({ rejectedBy }) => rejectedBy === id)) return runId;
    const newer = rows.find((row) => row.fence > fence);
    // Temporal's clock was set back, and the next attempt is newer. If nobody waits for this attempt, that does no harm.
    if (newer) throw new ClockWentBack(newer.stage, timeOf(newer.fence));
    const lanes: LaneId[] = [];
    for (const lane of known) {
      const scene = sceneIds[laneParts(lane).scene ?? 0];
      const now = await laneNow(manager, { projectId, lane, ...(scene !== undefined && { scene }) });
      if (now !== undefined) lanes.push(now);
    }
    // The same reason a second time is another input, too: otherwise the rejected result would be used again.
    await manager.query(
      `UPDATE lanes SET status = 'pending', accepts_inputs = false, announced_run_id = NULL, finished_at = NULL,
         updated_at = now(), feedback = feedback || to_jsonb($3::text)
       WHERE project_id = $1 AND lane = ANY ($2::text[])
         AND NOT EXISTS (SELECT 1 FROM text_edits AS e
                         WHERE e.project_id = $1 AND split_part(e.lane, '/', 1) = lanes.stage AND e.version > $4
                           AND e.fence_after = lanes.written_fence AND lanes.written_fence = lanes.settled_fence)`,
      [projectId, lanes, reason, version ?? MAX_INTEGER],
    );
    // The progress of the stage is published again from here on, and this step is done.
    await manager.query(
      'UPDATE project_stages SET fence = $3, rejected_by = $4 WHERE project_id = $1 AND stage = ANY ($2::text[])',
      [projectId, stages, fence, id],
    );
    for (const stage of stages) await refreshStage(manager, projectId, stage);
    return runId;
  });
  if (runId === null) return;
  const forgotten = stages.map((stage) => forgetStageProgress(deps, { projectId, runId, stage }, fence));
  await Promise.all(forgotten).catch((error: Error) =>
    deps.logger.info(
      { err: error.message, projectId },
      'what was announced of a rejected stage cannot be taken back now',
    ),
  );
}

/**
 * Publishes to rows and viewers that the run waits for a person, or continues. Changes nothing once the run has ended,
 * or if a later step has published its status: an old attempt may wake then.
 */
export async function publishRunStatus(deps: ActivityDeps, request: RunStatusRequest): Promise<EndedStep> {
  const { projectId, runId, status, paused, gates } = request;
  const fence = currentFence();
  const rows = await deps.dataSource.transaction(async (manager) => {
    await lockProject(manager, projectId);
    const open = { id: projectId, runId: storyRunIdOf(runId), status: In(BUSY) };
    if (!(await manager.existsBy(Project, open))) return undefined;
    if (await isLateStatus(manager, projectId, fence)) return undefined;
    await storeStatus(manager, projectId, status, fence);
    await markLanes(manager, projectId, paused, fence);
    await markGates(manager, projectId, gates);
    return manager.findBy(Lane, { projectId, lane: In([...paused]), status: 'paused' });
  });
  if (!rows) return { announced: true };
  try {
    const run = { projectId, runId, status, fence };
    const reply = await publishStatus(deps, run, { key: `hold:${runId}`, value: fence }, { fence, isLatest: true });
    if (reply.kind !== 'ok') return { announced: true };
    await Promise.all([
      ...rows.map((row) => publishPaused(deps, row)),
      ...gates.map((gate) => publishGate(deps, projectId, gate)),
    ]);
    return { announced: true };
  } catch (error) {
    deps.logger.info({ err: (error as Error).message, projectId }, 'the status of the run cannot be published now');
    return { announced: false };
  }
}

/** A later step has stored the status of the run. Throws `Clock.WentBack`. */
export async function isLateStatus(manager: EntityManager, projectId: ProjectId, fence: number): Promise<boolean> {
  const newer = await manager.findOneBy(Project, { id: projectId, statusFence: MoreThan(fence) });
  const early = newer && clockWentBack('the status of the run', newer.statusFence, fence);
  if (early) throw early;
  return newer !== null;
}

/** While the run is neither paused nor at a gate, a lane that waits for a person counts, whenever it was parked. */
export async function storeStatus(
  manager: EntityManager,
  projectId: ProjectId,
  status: LiveStatus,
  fence: number,
): Promise<void> {
  await manager.query(
    `UPDATE projects AS p SET status_fence = $3, updated_at = now(),
       status = CASE WHEN $2 NOT IN ('processing', 'needs_attention') THEN $2
                     WHEN parked.count > 0 THEN 'needs_attention' ELSE 'processing' END
     FROM (SELECT count(*) FROM lanes
           WHERE project_id = $1 AND status IN ('needs_attention', 'cancelled')) AS parked
     WHERE p.id = $1`,
    [projectId, status, fence],
  );
}

/** A run as its viewers know it, with its fence. */
interface PublishedRun {
  readonly projectId: ProjectId;
  readonly runId: string;
  readonly status: LiveStatus;
  readonly fence: number;
}

/**
 * Keeps the log for a run that begins, or that continues after a reset, and publishes its status once. If the log is
 * away, viewers find the status in Postgres.
 */
export async function publishOpened(deps: ActivityDeps, run: PublishedRun): Promise<void> {
  await deps.log
    .keep(run.projectId, run.fence)
    .then(() => publishStatus(deps, run, { key: `open:${run.runId}`, value: 1 }))
    .catch(() => undefined);
}

/** Publishes the status of the run, unless a run with a newer fence has begun. */
async function publishStatus(
  { log }: ActivityDeps,
  { projectId, status, fence }: PublishedRun,
  once: { readonly key: string; readonly value: number },
  run: PublishRequest['run'] = { fence },
): Promise<PublishReply> {
  const body: EventBody = { type: 'stage_update', status };
  return log.publish({
    projectId,
    stage: PIPELINE,
    events: [body],
    run,
    once,
    legacy: [{ stage: PIPELINE, body }],
  });
}

/** The scenes, as a person may have changed them since the storyboard was made. */
export async function listScenes(
  { dataSource }: ActivityDeps,
  { projectId, ids }: { projectId: ProjectId; ids?: true },
): Promise<number[] | SceneIds> {
  return dataSource.transaction(async (manager) => {
    // The signal of an edit arrives before the edit's commit.
    if (ids) await manager.query('SELECT 1 FROM projects WHERE id = $1 FOR SHARE', [projectId]);
    const found = await sceneIds(manager, projectId);
    return ids ? found : numbersOf(found);
  });
}

/** A lane that an attempt has claimed since this step was asked for is in work, whatever the step knows of it. */
async function markLanes(
  manager: EntityManager,
  projectId: ProjectId,
  paused: readonly LaneId[],
  fence: number,
): Promise<void> {
  await manager.query(
    `UPDATE lanes SET status = CASE WHEN lane = ANY ($2::text[]) THEN 'paused' ELSE 'pending' END, updated_at = now()
     WHERE project_id = $1 AND fence <= $3
       AND (status = 'paused' OR (lane = ANY ($2::text[]) AND status IN ('pending', 'processing')))`,
    [projectId, paused, fence],
  );
  await manager.query(
    `UPDATE project_stages AS s SET updated_at = now(),
       status = CASE WHEN EXISTS (SELECT 1 FROM lanes AS l WHERE l.project_id = $1 AND l.stage = s.stage
                                    AND l.status = 'paused') THEN 'paused' ELSE 'processing' END
     WHERE project_id = $1 AND status IN ('processing', 'paused', 'pending')
       AND NOT EXISTS (SELECT 1 FROM lanes AS l WHERE l.project_id = $1 AND l.stage = s.stage AND l.status = 'processing')
       AND (status = 'paused' OR EXISTS (SELECT 1 FROM lanes AS l WHERE l.project_id = $1 AND l.stage = s.stage
                                    AND l.status = 'paused'))`,
    [projectId],
  );
}

async function markGates(manager: EntityManager, projectId: ProjectId, gates: readonly string[]): Promise<void> {
  await manager.query(
    `UPDATE project_stages
     SET status = CASE WHEN stage = ANY ($2::text[]) THEN 'awaiting_approval' ELSE 'completed' END, updated_at = now()
     WHERE project_id = $1
       AND (status = 'awaiting_approval' OR (stage = ANY ($2::text[]) AND status IN ('completed', 'skipped')))`,
    [projectId, gates],
  );
}

async function publishPaused({ log }: ActivityDeps, row: Lane): Promise<void> {
  const { projectId, stage } = row;
  await log.publish({
    projectId,
    stage,
    writer: writerOf(row),
    events: [{ type: 'stage_update', status: 'paused' }],
    run: { fence: currentFence() },
    once: { key: `paused:${row.lane}`, value: currentFence() },
  });
}

async function publishGate({ log }: ActivityDeps, projectId: ProjectId, gate: string): Promise<void> {
  const update: EventBody = { type: 'stage_update', status: 'awaiting_approval' };
  await log.publish({
    projectId,
    stage: gate,
    events: [update, { type: 'awaiting', gate }],
    run: { fence: currentFence() },
    once: { key: `awaiting:${gate}`, value: currentFence() },
    legacy: [{ stage: gate, body: update }],
  });
}
