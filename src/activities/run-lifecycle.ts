import { activityInfo } from '@temporalio/activity';
import type { EntityManager } from 'typeorm';
import { Lane, Project, ProjectStage } from '../entities';
import {
  laneParts,
  PIPELINE,
  STAGES,
  type CloseRequest,
  type EventBody,
  type LaneId,
  type ParkRequest,
  type ProjectId,
} from '../protocol';
import type { UpstreamMessage } from '../stream';
import type { ActivityDeps } from './deps';
import { parkLane as storeParkedLane } from './lane-store';

/** A lane's retries are spent: it waits for a person, who is told what to type. */
export async function parkLane(deps: ActivityDeps, request: ParkRequest): Promise<void> {
  const { projectId, lane, error, attempts, as = 'needs_attention' } = request;
  const { dataSource, log } = deps;
  const runId = activityInfo().workflowExecution?.runId ?? '';
  await storeParkedLane(dataSource, request);
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
        { type: 'attention', error, commands: commandsFor(projectId, lane) },
        ...(ended ? [failed] : []),
      ],
      mark: { key: `parked:${runId}:${lane}`, value: row.fence },
      ...(ended && { upstream: [{ stage, body: failed }] }),
    })
    .catch((err: Error) => deps.logger.warn({ err: err.message, lane }, 'viewers were not told of the parked lane'));
}

function commandsFor(projectId: ProjectId, lane: LaneId): string[] {
  return [`retry ${projectId} ${lane}`, `skip ${projectId} ${lane}`, `cancel ${projectId}`].map(
    (command) => `storyreel ${command}`,
  );
}

/** Ends a run in Postgres: nothing is left that says it is being worked on. Then viewers are told, if `announce` says so. */
export async function closeRun(deps: ActivityDeps, request: CloseRequest): Promise<{ announced: boolean }> {
  const { projectId, outcome } = request;
  const error = request.error ?? null;
  const found = await deps.dataSource.transaction(async (manager) => {
    const open = `status IN ('pending', 'processing', 'paused', 'needs_attention', 'awaiting_approval')`;
    for (const table of ['project_stages', 'lanes']) {
      await manager.query(
        // What was no part of a run has not ended with it, and what is open after a run that is completed was no part.
        `UPDATE ${table} SET updated_at = now(), finished_at = now(),
           status = CASE WHEN $2 <> 'completed' AND ($3::text[] IS NULL OR stage = ANY ($3::text[])) THEN $2 ELSE 'pending' END
         WHERE project_id = $1 AND ${open}`,
        [projectId, outcome, request.stages ?? null],
      );
    }
    const { affected } = await manager.update(
      Project,
      { id: projectId },
      { status: outcome, error, finishedAt: new Date() },
    );
    return affected === 1;
  });
  // Of a project that never was, or was deleted meanwhile, there is nobody to tell.
  if (!found) return { announced: true };
  return { announced: request.announce && (await tellEnd(deps, request).catch(() => false)) };
}

/** `runId` is that of the run as viewers follow it. */
type EndedRun = Pick<CloseRequest, 'projectId' | 'runId' | 'stages'>;

/** Tells viewers that the run has ended; fails until they could be told. */
export async function announceRun(deps: ActivityDeps, run: EndedRun): Promise<void> {
  await tellEnd(deps, run);
}

/** Exactly one of `pipeline_done` and `pipeline_error` a run, from what Postgres holds. */
async function tellEnd(deps: ActivityDeps, { projectId, runId, stages: planned }: EndedRun): Promise<true> {
  const { manager } = deps.dataSource;
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
  const unfinished = project.status === 'completed' ? [] : await untoldStages(manager, projectId, runId, planned);
  await publishForRun(
    deps,
    projectId,
    [body],
    // After a workflow reset the same run ends once more, in an execution of its own.
    `end:${activityInfo().workflowExecution?.runId}`,
    // Clients that watch one stage alone end on its error; those of the whole run on the last message.
    unfinished.map((stage) => ({ stage, body: { type: 'error', error: endedBy(project), retry_count: 0 } })),
  );
  await deps.log.expire(projectId, deps.config.LOG_EXPIRY_SECONDS);
  return true;
}

/** The stages that nobody was told to be complete in this run; what an earlier run has made of them does not count. */
async function untoldStages(
  manager: EntityManager,
  projectId: ProjectId,
  runId: string,
  planned: readonly string[] = STAGES.map(({ name }) => name),
): Promise<string[]> {
  const lanes = await manager.findBy(Lane, { projectId });
  const isTold = ({ status, announcedRunId }: Lane) =>
    (status === 'completed' || status === 'skipped') && announcedRunId === runId;
  return planned.filter((name) => {
    const own = lanes.filter(({ stage }) => stage === name);
    return own.length === 0 || !own.every(isTold);
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
