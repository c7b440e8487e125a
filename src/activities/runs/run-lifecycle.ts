import { activityInfo } from '@temporalio/activity';
import {
  isFinal,
  PIPELINE,
  workflowIdOf,
  type CloseRequest,
  type EndedStep,
  type EventBody,
  type ParkRequest,
  type ProjectId,
} from '../../protocol';
import { closeAbandoned, publishAbandoned } from '../usage/abandoned-calls';
import { announcedNow } from './announce';
import { announceEnd } from './announce-end';
import { cancelJobs } from '../media/cancel-jobs';
import { closeStory } from './close-story';
import type { ActivityDeps } from '../deps';
import { countEnd } from './count-runs';
import { endRun, readRun } from './end-run';
import { storeAttention as storeParkedLane } from '../lanes/lane-store';
import { currentFence, currentStep } from '../lanes/current-fence';

/** A lane's retries are used up: it waits for a person, and its event contains the commands to type. */
export async function parkLane(deps: ActivityDeps, request: ParkRequest): Promise<EndedStep> {
  const { projectId, as } = request;
  const lane = await storeParkedLane(deps.dataSource, request, currentStep());
  if (lane === undefined) return { announced: true };
  deps.logger.info({ projectId, lane, type: request.error.type }, as === 'cancelled' ? 'lane stopped' : 'lane parked');
  if (as === 'cancelled') await cancelJobs(deps, { projectId, lanes: [lane] });
  return { announced: await announcedNow(deps, { projectId, lane, runId: request.runId ?? '' }) };
}

/** Closes the run in Postgres. Then announces its end, if `announce` is true. */
export async function closeRun(deps: ActivityDeps, request: CloseRequest): Promise<{ announced: boolean }> {
  const { projectId, runId, outcome, error = null, stages, scenes } = request;
  const { workflowExecution } = activityInfo();
  if (workflowExecution?.workflowId !== workflowIdOf(projectId)) {
    // A batch of an older version sent this. Temporal is asked for the present state of the run.
    await closeStory(deps, { projectId });
    return { announced: true };
  }
  const fence = currentFence();
  // A run that was stopped before it could open has no plan, and has not left its id.
  const about = stages ? { stages, ...(scenes && { scenes }) } : { unopened: runId };
  const ended = await deps.dataSource.transaction((manager) =>
    endRun(manager, { projectId, execution: workflowExecution.runId, outcome, error, fence, ...about }),
  );
  // There is nothing to close: the project does not exist, or another run has followed this one.
  if (!ended) return { announced: true };
  deps.logger.info({ projectId, runId, outcome, ...(error && { type: error.type }) }, 'run ended');
  countEnd(deps.metrics, ended);
  const abandoned = await closeAbandoned(deps, { projectId, before: fence });
  await publishAbandoned(deps, abandoned, deps.dataSource.manager);
  const announcement = request.announce
    ? announceEnd(deps, ended, { runId, execution: workflowExecution.runId, planned: stages }).then(
        () => true,
        () => false,
      )
    : false;
  if (outcome === 'cancelled') await cancelJobs(deps, { projectId, before: fence });
  return { announced: await announcement };
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

/** Publishes the status of the run, unless a run with a newer fence has begun. */
export async function publishForRun(
  { log }: ActivityDeps,
  projectId: ProjectId,
  events: readonly EventBody[],
  mark: string,
  fence: number,
): Promise<void> {
  await log.publish({
    projectId,
    stage: PIPELINE,
    events,
    run: { fence },
    once: { key: mark, value: 1 },
    legacy: events.map((body) => ({ stage: PIPELINE, body })),
  });
}
