import { activityInfo } from '@temporalio/activity';
import type { EntityManager } from 'typeorm';
import { Lane, Project, ProjectStage } from '../entities';
import {
  laneParts,
  personCommands,
  PIPELINE,
  STAGES,
  workflowIdOf,
  type CloseRequest,
  type EventBody,
  type ParkRequest,
  type ProjectId,
} from '../protocol';
import type { UpstreamMessage } from '../stream';
import { closeAbandoned } from './abandoned-calls';
import { isTold } from './announce';
import { cancelJobs } from './cancel-jobs';
import { BUSY } from './close-gone-run';
import type { ActivityDeps } from './deps';
import { tellEndedLanes } from './ended-lanes';
import { parkLane as storeParkedLane } from './lane-store';
import { ownFence } from './own-fence';

/** A lane's retries are spent: it waits for a person, who is told what to type. */
export async function parkLane(deps: ActivityDeps, request: ParkRequest): Promise<void> {
  const { projectId, error, attempts, as = 'needs_attention' } = request;
  const { dataSource, log } = deps;
  const runId = activityInfo().workflowExecution?.runId ?? '';
  const lane = await storeParkedLane(dataSource, request, ownFence());
  if (lane === undefined) return;
  if (as === 'cancelled') await cancelJobs(deps, { projectId, lanes: [lane] });
  const { stage } = laneParts(lane);
  const row = await dataSource.manager.findOneByOrFail(Lane, { projectId, lane });
  const stageRow = await dataSource.manager.findOneByOrFail(ProjectStage, { projectId, stage });
  const failed: EventBody = { type: 'error', error: error.message, retry_count: attempts };
  // A client that watches this stage alone is ended only when the stage can do no more without a person.
  const ended = stageRow.status === 'needs_attention';
  await log
    .publish({
      projectId,
      stage,
      writer: { projectId, lane, fence: row.fence, attempt: row.attempt },
      events: [
        { type: 'stage_update', status: as },
        { type: 'attention', error, commands: personCommands(projectId, lane) },
        ...(ended ? [failed] : []),
      ],
      mark: { key: `parked:${runId}:${lane}`, value: row.fence },
      ...(ended && { upstream: [{ stage, body: failed }] }),
    })
    .catch((err: Error) => deps.logger.warn({ err: err.message, lane }, 'viewers were not told of the parked lane'));
}

/** Ends a run in Postgres: nothing is left that says it is being worked on. Then viewers are told, if `announce` says so. */
export async function closeRun(deps: ActivityDeps, request: CloseRequest): Promise<{ announced: boolean }> {
  const { projectId, runId, outcome, error = null } = request;
  const fence = ownFence();
  const found = await deps.dataSource.transaction(async (manager) => {
    // Nothing is there to close of a project that never was, or was deleted, nor of a run that another one has followed.
    // Locked first, as by whatever opens or marks a run, so that none waits for the other.
    const [own] = await manager.query<{ id: string }[]>(
      'SELECT id FROM projects WHERE id = $1 AND run_fence <= $2 FOR NO KEY UPDATE',
      [projectId, fence],
    );
    if (!own) return false;
    await closeRows(manager, request);
    // A run that was stopped before it could open has not left its id, and what opens it may still be under way: that comes
    // too late now. Others, too, close what was never opened; a run that begins meanwhile is none of theirs.
    const isOwn = activityInfo().workflowExecution?.workflowId === workflowIdOf(projectId);
    await manager.update(
      Project,
      { id: projectId },
      {
        ...{ status: outcome, error, finishedAt: new Date() },
        ...(isOwn && { runFence: fence }),
        ...(isOwn && !request.stages && { runId }),
      },
    );
    return true;
  });
  if (!found) return { announced: true };
  await closeAbandoned(deps, { projectId });
  const telling = request.announce ? tellEnd(deps, request).catch(() => false) : false;
  if (outcome === 'cancelled') await cancelJobs(deps, { projectId });
  return { announced: await telling };
}

/** Nothing that the run was about is left open. What it did not plan to make was not begun, and stays pending. */
async function closeRows(
  manager: EntityManager,
  { projectId, outcome, stages, scenes }: Pick<CloseRequest, 'projectId' | 'outcome' | 'stages' | 'scenes'>,
): Promise<void> {
  const open = outcome === 'completed' ? BUSY : ['pending', ...BUSY];
  const close = (table: string, where: string, values: readonly unknown[] = []) =>
    manager.query(
      `UPDATE ${table} SET status = $2, finished_at = now(), updated_at = now()
       WHERE project_id = $1 AND status = ANY ($3::text[]) AND ($4::text[] IS NULL OR stage = ANY ($4::text[])) ${where}`,
      [projectId, outcome, open, stages ?? null, ...values],
    );
  await close('project_stages', '');
  await close('lanes', 'AND (sequence_number IS NULL OR $5::int[] IS NULL OR sequence_number = ANY ($5::int[]))', [
    scenes ?? null,
  ]);
}

/** `runId` is that of the run as viewers follow it. */
type EndedRun = Pick<CloseRequest, 'projectId' | 'runId' | 'stages'>;

/** Tells viewers that the run has ended; fails until they could be told. */
export async function announceRun(deps: ActivityDeps, run: EndedRun): Promise<void> {
  await tellEnd(deps, run);
}

/** Exactly one of `pipeline_done` and `pipeline_error` an execution of a run, from what Postgres holds. */
export async function tellEnd(
  deps: ActivityDeps,
  { projectId, runId, stages: planned }: EndedRun,
  from: { readonly execution?: string; readonly manager?: EntityManager } = {},
): Promise<true> {
  const { execution = activityInfo().workflowExecution?.runId, manager = deps.dataSource.manager } = from;
  const project = await manager.findOneByOrFail(Project, { id: projectId });
  const stages = await manager.findBy(ProjectStage, { projectId });
  const completed = stages.filter(({ status }) => status === 'completed').length;
  const skipped = stages.filter(({ status }) => status === 'skipped').length;
  const body: EventBody =
    project.status === 'completed'
      ? {
          type: 'pipeline_done',
          metadata: { completed_stages: completed, skipped_stages: skipped, total_stages: stages.length },
        }
      : { type: 'pipeline_error', error: endedBy(project), metadata: { status: project.status } };
  if (project.status !== 'completed') await tellEndedLanes(deps, projectId);
  const unfinished = project.status === 'completed' ? [] : await untoldStages(manager, projectId, runId, planned);
  await publishForRun(
    deps,
    projectId,
    [body],
    // After a workflow reset the same run ends once more, in an execution of its own.
    `end:${execution}`,
    // Clients that watch one stage alone end on its error; those of the whole run on the last message.
    unfinished.map((stage) => ({ stage, body: { type: 'error', error: endedBy(project), retry_count: 0 } })),
  );
  await deps.log.expire(projectId, deps.config.LOG_EXPIRY_SECONDS);
  return true;
}

/** The stages that nobody was told to be complete in this run. */
async function untoldStages(
  manager: EntityManager,
  projectId: ProjectId,
  runId: string,
  planned: readonly string[] = STAGES.map(({ name }) => name),
): Promise<string[]> {
  const lanes = await manager.findBy(Lane, { projectId });
  return planned.filter((name) => {
    const own = lanes.filter(({ stage }) => stage === name);
    return own.length === 0 || !own.every((lane) => isTold(lane, runId));
  });
}

function endedBy(project: Project): string {
  if (project.status === 'cancelled') return 'The run was cancelled.';
  return project.error?.message ?? 'The run failed.';
}

export async function publishForRun(
  { log }: ActivityDeps,
  projectId: ProjectId,
  events: readonly EventBody[],
  mark: string,
  upstream: readonly UpstreamMessage[] = [],
): Promise<void> {
  await log.publish({
    projectId,
    stage: PIPELINE,
    events,
    mark: { key: mark, value: 1 },
    upstream: [...upstream, ...events.map((body) => ({ stage: PIPELINE, body }))],
  });
}
