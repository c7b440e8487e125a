import type { DataSource } from 'typeorm';
import { Lane } from '../../entities';
import { StoryreelError } from '../../protocol';
import type { LaneAttempt } from './lane-store';

/** Clocks of two hosts may differ by so much. */
const SKEW_MS = 1_000;

/**
 * A stored fence belongs to a time in the future: Temporal's clock was set back. Until the clock has caught up, every
 * new fence looks older than the stored one.
 */
export class ClockWentBack extends StoryreelError {
  /** Until the clock has caught up. */
  readonly retryAfterMs: number;

  /** `until`: the time of the stored fence. */
  constructor(what: string, until: number) {
    const at = new Date(until).toISOString();
    super(
      'Clock.WentBack',
      `Temporal's clock has gone back: ${what} was last taken at ${at}, which is later than this step. It continues after that time.`,
    );
    this.retryAfterMs = Math.max(until - Date.now(), 0) + SKEW_MS;
  }
}

/** When the attempt of this fence was scheduled. */
export function timeOf(fence: number): number {
  return Math.floor(fence / 1_000);
}

/** Undefined if the fence's time is in the past. */
export function clockWentBack(what: string, fence: number, ownFence: number): ClockWentBack | undefined {
  const made = timeOf(fence);
  return made > Math.max(Date.now(), timeOf(ownFence)) + SKEW_MS ? new ClockWentBack(what, made) : undefined;
}

/** The error with which a stale attempt ends if no newer attempt has taken over. */
export async function clockWentBackSince(
  dataSource: DataSource,
  { projectId, lane, fence }: LaneAttempt,
): Promise<ClockWentBack | undefined> {
  const row = await dataSource.manager.findOneBy(Lane, { projectId, lane });
  return row ? clockWentBack(lane, row.fence, fence) : undefined;
}
