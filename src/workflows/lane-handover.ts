import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { FailureType, HandedOver, LaneKind, LaneResult, LaneTask } from '../protocol';
import { MOST_ATTEMPTS, runLaneActivity } from './activity-options';

const HANDED_OVER: FailureType = 'Worker.ShuttingDown';

/**
 * Runs a lane's activity to its result, beginning another one at once each time that a worker's shutdown ended it. Such
 * an end is nobody's failure: however many deploys a lane lives through, it keeps all of its retries.
 */
export async function runLaneThroughDeploys(kind: LaneKind, task: LaneTask): Promise<LaneResult> {
  let attemptsBefore = 0;
  for (let handovers = 0; ; handovers++) {
    try {
      const failures = attemptsBefore - handovers;
      return await runLaneActivity(kind, { ...task, attemptsBefore }, MOST_ATTEMPTS - failures);
    } catch (error) {
      const handedOver = handedOverAfter(error);
      if (handedOver === undefined) throw error;
      attemptsBefore = handedOver;
    }
  }
}

/** How many attempts the lane has had, where the last of them ended with its worker; else undefined. */
function handedOverAfter(error: unknown): number | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure) || cause.type !== HANDED_OVER || !cause.nonRetryable) return undefined;
  const { attempts } = (cause.details?.[0] ?? {}) as Partial<HandedOver>;
  return typeof attempts === 'number' ? attempts : undefined;
}
