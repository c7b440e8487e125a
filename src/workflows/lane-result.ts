import { ApplicationFailure } from '@temporalio/workflow';
import {
  definesScenes,
  type FailureType,
  type LaneAddress,
  type LaneId,
  type LaneResult,
  type StagePlan,
} from '../protocol';
import { settledLane } from './activity-options';

export const ENDED_BY_HAND: FailureType = 'Lane.EndedByHand';

/** Whether this is a valid result of a lane's activity; a person may complete the activity by hand with any value. */
export function isResultOf(lane: LaneId, plan: readonly StagePlan[], given: unknown): given is LaneResult {
  const { sha256, bytes, announced, scenes } = (given ?? {}) as Partial<LaneResult>;
  if (typeof sha256 !== 'string' || typeof bytes !== 'number' || typeof announced !== 'boolean') return false;
  return Array.isArray(scenes) || !definesScenes(plan, lane);
}

/** The stored result of a lane whose activity was ended by hand. Throws `Lane.EndedByHand` if nothing is stored. */
export async function storedResult(lane: LaneAddress): Promise<LaneResult> {
  const stored = await settledLane(lane);
  if (stored) return stored;
  throw ApplicationFailure.nonRetryable(
    'Its activity was completed by hand, but nothing is stored for it. Retry it, or skip it.',
    ENDED_BY_HAND,
  );
}
