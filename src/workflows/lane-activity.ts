import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import {
  laneParts,
  laneQueue,
  type FailureType,
  type HandedOver,
  type LaneAddress,
  type LaneId,
  type LaneKind,
  type LaneResult,
  type LaneTask,
  type StagePlan,
  type StoryActivities,
} from '../protocol';
import { ids } from './activity-ids';
import { settledLane } from './activity-options';
import { ENDED_BY_HAND, isResultOf, resultOf } from './step-results';

const LANES: { readonly [Kind in LaneKind]: { limit: string; activity: keyof StoryActivities; what: string } } = {
  text: { limit: '30 minutes', activity: 'generateText', what: 'text' },
  image: { limit: '10 minutes', activity: 'generateImage', what: 'image' },
  video: { limit: '2 hours', activity: 'generateVideo', what: 'clip' },
  film: { limit: '2 hours', activity: 'joinFilm', what: 'film' },
};

/** Every paid call is limited: after so many attempts the lane needs attention. */
const MAX_ATTEMPTS = 6;

const CANNOT_SERVE = 'Worker.CannotServe';
const HANDED_OVER = ['Worker.ShuttingDown', CANNOT_SERVE] as const satisfies readonly FailureType[];

/**
 * How often workers may hand a lane back in sequence, about ten minutes in all, before the lane needs attention. While
 * the only suitable worker is busy, the other workers take the lane sooner.
 */
const MAX_REFUSALS = 42;
const MAX_SECONDS = 15;

/**
 * Runs a lane's activity to its result, and starts another one at once if the worker's shutdown ended it. Such an end
 * is no failure of the lane, so a lane keeps all its retries through any number of deploys. The same is true if a
 * worker hands the lane back because it does not have the run's provider. The lane then waits for another worker.
 */
export async function runLaneThroughDeploys(kind: LaneKind, task: LaneTask): Promise<LaneResult> {
  let attemptsBefore = 0;
  let refusals = 0;
  for (let handovers = 0; ; handovers++) {
    try {
      const failures = attemptsBefore - handovers;
      return await runLaneActivity(kind, { ...task, attemptsBefore }, MAX_ATTEMPTS - failures);
    } catch (error) {
      const given = handedOver(error);
      if (!given) throw error;
      attemptsBefore = given.attempts;
      refusals = given.type === CANNOT_SERVE ? refusals + 1 : 0;
      if (refusals === MAX_REFUSALS) throw error;
      if (refusals > 0) await sleep(1_000 * Math.min(2 ** (refusals - 1), MAX_SECONDS));
    }
  }
}

/** How many attempts the lane has had, if a worker has handed it back; else undefined. */
function handedOver(
  error: unknown,
): { readonly attempts: number; readonly type: (typeof HANDED_OVER)[number] } | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure) || !cause.nonRetryable) return undefined;
  const type = HANDED_OVER.find((each) => each === cause.type);
  const { attempts } = (cause.details?.[0] ?? {}) as Partial<HandedOver>;
  return type && typeof attempts === 'number' ? { attempts, type } : undefined;
}

function runLaneActivity(kind: LaneKind, task: LaneTask, attempts: number): Promise<LaneResult> {
  // One loop runs a lane, and waits for the end of each of its activities, so the id is always the lane's name.
  return ids.schedule(task.lane, (activityId) => runAs(activityId, kind, task, attempts), { waitsForItsEnd: true });
}

function runAs(activityId: string, kind: LaneKind, task: LaneTask, attempts: number): Promise<LaneResult> {
  const { limit, activity } = LANES[kind];
  const activities = proxyActivities<Record<string, (task: LaneTask) => Promise<LaneResult>>>({
    taskQueue: laneQueue(workflowInfo().taskQueue, kind),
    startToCloseTimeout: limit as '1 hour',
    heartbeatTimeout: '15 seconds',
    // Over 100 s in all: longer than a provider's hiccup or a database's restart.
    retry: {
      initialInterval: '1 second',
      backoffCoefficient: 3,
      maximumInterval: '1 minute',
      maximumAttempts: attempts,
    },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    activityId,
    summary: summaryOf(kind, task.lane),
  });
  const run = activities[activity];
  if (!run) throw new TypeError(`no activity for lanes of kind ${kind}`);
  return run(task);
}

function summaryOf(kind: LaneKind, lane: LaneId): string {
  const { stage, scene } = laneParts(lane);
  return scene === undefined
    ? stage.replaceAll('_', ' ')
    : `${LANES[kind].what} of scene ${scene}: ${stage.replaceAll('_', ' ')}`;
}

/** The stored result of a lane whose activity was ended by hand. Throws `Lane.EndedByHand` if nothing is stored. */
export async function storedResult(address: LaneAddress, plan: readonly StagePlan[]): Promise<LaneResult> {
  const isOurs = (given: unknown) => given == null || isResultOf(address.lane, plan, given);
  const stored = await resultOf(() => settledLane(address), isOurs);
  if (stored) return stored;
  throw ApplicationFailure.nonRetryable(
    'Its activity was completed by hand, but nothing is stored for it. Retry it, or skip it.',
    ENDED_BY_HAND,
  );
}
