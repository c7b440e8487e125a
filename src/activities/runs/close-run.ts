import { activityInfo } from '@temporalio/activity';
import type { Lane, Project } from '../../entities';
import { isFinal, laneParts, PIPELINE, type CloseRequest, type CloseResult, type EventBody } from '../../protocol';
import type { StoryMetrics } from '../../telemetry';
import type { ActivityDeps } from '../deps';
import { currentFence } from '../lanes/current-fence';
import { cancelJobs } from '../media/cancel-jobs';
import { closeAbandoned, publishAbandoned } from '../usage/abandoned-calls';
import { endRun, readRun, type ClosedRun, type EndedRun } from './end-run';
import { isAnnounced } from './stage-progress';

/** How viewers know the run that has ended. */
export interface EndAnnouncement {
  /** The story run id, as in `LaneTask`. */
  readonly runId: string;
  /**
   * The Temporal run id. Exactly one end is announced for each: after a workflow reset, the same story run ends once
   * more.
   */
  readonly execution: string;
  /** The stages of its plan; absent: all. */
  readonly planned?: readonly string[] | undefined;
}

/**
 * Closes the run in Postgres. Then announces its end, if `announce` is true. Returns which lanes are completed there,
 * because a run that was stopped does not know it of every lane.
 */
export async function closeRun(deps: ActivityDeps, request: CloseRequest): Promise<CloseResult> {
  const { projectId, runId, outcome, error = null, stages, scenes } = request;
  const execution = activityInfo().workflowExecution?.runId ?? runId;
  const fence = currentFence();
  // A run that was stopped before it could open has no plan, and has not left its id.
  const about = stages ? { stages, ...(scenes && { scenes }) } : { unopened: runId };
  const ended = await deps.dataSource.transaction((manager) =>
    endRun(manager, { projectId, execution, outcome, error, fence, ...about }),
  );
  // There is nothing to close: the project does not exist, or another run has followed this one.
  if (!ended) return { announced: true };
  deps.logger.info({ projectId, runId, outcome, ...(error && { type: error.type }) }, 'run ended');
  countEnd(deps.metrics, ended);
  const abandoned = await closeAbandoned(deps, { projectId, before: fence });
  await publishAbandoned(deps, abandoned, deps.dataSource.manager);
  const announcement = request.announce
    ? announceEnd(deps, ended, { runId, execution, planned: stages }).then(
        () => true,
        () => false,
      )
    : false;
  if (outcome === 'cancelled') await cancelJobs(deps, { projectId, before: fence });
  const completed = ended.lanes.filter(({ status }) => status === 'completed').map(({ lane }) => lane);
  return { announced: await announcement, ...(outcome !== 'completed' && { completed }) };
}

/** Announces the end of the run; fails until viewers could be reached. Does nothing if a newer run has begun. */
export async function announceRun(
  deps: ActivityDeps,
  { projectId, runId, stages }: Pick<CloseRequest, 'projectId' | 'runId' | 'stages'>,
): Promise<void> {
  const ended = await deps.dataSource.transaction('REPEATABLE READ', (manager) => readRun(manager, projectId));
  if (!ended || !isFinal(ended.project.status) || ended.fence > currentFence()) return;
  const execution = activityInfo().workflowExecution?.runId ?? runId;
  await announceEnd(deps, ended, { runId, execution, planned: stages });
}

/**
 * Publishes exactly one of `pipeline_done` and `pipeline_error` for an execution of a run, then lets the log expire.
 * The event comes from what the closing transaction saw. All writes have the run's fence: if a newer run has begun
 * meanwhile, they are refused. Rejects if the log cannot be reached.
 */
export async function announceEnd(
  deps: ActivityDeps,
  ended: EndedRun,
  { runId, execution, planned = ended.stages.map(({ stage }) => stage) }: EndAnnouncement,
): Promise<void> {
  const { project, stages, lanes, fence } = ended;
  const { id: projectId } = project;
  const isCompleted = project.status === 'completed';
  if (!isCompleted) await announceEndedLanes(deps, ended, execution);
  const error = endedBy(project);
  const body: EventBody = isCompleted
    ? {
        type: 'pipeline_done',
        metadata: {
          completed_stages: stages.filter(({ status }) => status === 'completed').length,
          skipped_stages: stages.filter(({ status }) => status === 'skipped').length,
          total_stages: stages.length,
        },
      }
    : { type: 'pipeline_error', error, metadata: { status: project.status } };
  const unfinished = isCompleted ? [] : unannouncedStages(lanes, runId, planned);
  await deps.log.publish({
    projectId,
    stage: PIPELINE,
    events: [body],
    run: { fence, isLatest: true },
    once: { key: `end:${execution}`, value: 1 },
    // Clients that watch one stage alone end on its error; those of the whole run on the last message.
    legacy: [
      ...unfinished.map((stage) => ({ stage, body: { type: 'error', error, retry_count: 0 } })),
      { stage: PIPELINE, body },
    ],
  });
  await deps.log.expire(projectId, deps.config.LOG_EXPIRY_SECONDS, fence);
}

/**
 * Announces the final status of lanes that the run began and did not finish; their text stays as it is. The
 * announcement has the run's fence, so that the log rejects a late attempt of the closed run.
 */
async function announceEndedLanes(
  { log }: ActivityDeps,
  { project, lanes, fence }: EndedRun,
  execution: string,
): Promise<void> {
  const { id: projectId } = project;
  const unfinished = lanes.filter(
    ({ status, startedAt }) => startedAt && status !== 'completed' && status !== 'skipped',
  );
  await Promise.all(
    unfinished.map((row) => {
      const { lane } = row;
      return log.publish({
        projectId,
        stage: laneParts(lane).stage,
        writer: { projectId, lane, fence, attempt: row.attempt },
        events: [{ type: 'stage_update', status: row.status }],
        run: { fence },
        once: { key: `ended:${execution}:${lane}`, value: 1 },
      });
    }),
  );
}

/** The stages whose completion was not announced in this run. */
function unannouncedStages(lanes: readonly Lane[], runId: string, planned: readonly string[]): string[] {
  return planned.filter((name) => {
    const own = lanes.filter(({ stage }) => stage === name);
    return own.length === 0 || !own.every((lane) => isAnnounced(lane, runId));
  });
}

function endedBy(project: Project): string {
  if (project.status === 'cancelled') return 'The run was cancelled.';
  return project.error?.message ?? 'The run failed.';
}

/** Counts a run that has been closed, once. */
export function countEnd(metrics: StoryMetrics | undefined, { endsNow, project }: ClosedRun): void {
  if (endsNow) metrics?.runs.ended.of({ outcome: project.status }).add(1);
}
