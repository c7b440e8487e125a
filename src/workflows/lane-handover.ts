import { ActivityFailure, ApplicationFailure, sleep } from '@temporalio/workflow';
import type { FailureType, HandedOver, LaneKind, LaneResult, LaneTask } from '../protocol';
import { MOST_ATTEMPTS, runLaneActivity } from './activity-options';

const HANDED_OVER: FailureType = 'Worker.ShuttingDown';
const CANNOT_SERVE: FailureType = 'Worker.CannotServe';

/**
 * How often workers may hand a lane back in sequence, about ten minutes in all, before the lane needs attention. While
 * the only suitable worker is busy, the other workers take the lane sooner.
 */
const MOST_REFUSALS = 42;
const MOST_SECONDS = 15;

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
      return await runLaneActivity(kind, { ...task, attemptsBefore }, MOST_ATTEMPTS - failures);
    } catch (error) {
      const handedOver = handedOverAfter(error);
      if (handedOver === undefined) throw error;
      attemptsBefore = handedOver;
      refusals = typeOf(error) === CANNOT_SERVE ? refusals + 1 : 0;
      if (refusals === MOST_REFUSALS) throw error;
      if (refusals > 0) await sleep(1_000 * Math.min(2 ** (refusals - 1), MOST_SECONDS));
    }
  }
}

function typeOf(error: unknown): string | null | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure ? cause.type : undefined;
}

/** How many attempts the lane has had, if the last of them ended with its worker; else undefined. */
function handedOverAfter(error: unknown): number | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure) || !cause.nonRetryable) return undefined;
  if (cause.type !== HANDED_OVER && cause.type !== CANNOT_SERVE) return undefined;
  const { attempts } = (cause.details?.[0] ?? {}) as Partial<HandedOver>;
  return typeof attempts === 'number' ? attempts : undefined;
}
