import type { DataSource } from 'typeorm';
import { Lane } from '../../entities';
import { StoryreelError } from '../../protocol';
import type { LaneAttempt } from './lane-store';

/** Clocks of two hosts may differ by so much. */
const SKEW_MS = 1_000;

/**
 * A fence that is there was made at a time that has not come yet: since then Temporal's clock was set back, and until it has
 * caught up everything new looks older than what is there.
 */
export class ClockWentBack extends StoryreelError {
  /** Until the clock has caught up. */
  readonly retryAfterMs: number;

  constructor(what: string, until: number) {
    const at = new Date(until).toISOString();
    super(
      'Clock.WentBack',
      `Temporal's clock has gone back: ${what} was last taken at ${at}, which is still to come. It goes on after that.`,
    );
    this.retryAfterMs = until - Date.now() + SKEW_MS;
  }
}

/** Undefined where the fence is of a time that has been. */
export function clockWentBack(what: string, fence: number, ownFence: number): ClockWentBack | undefined {
  const [made, own] = [fence, ownFence].map((each) => Math.floor(each / 1_000)) as [number, number];
  return made > Math.max(Date.now(), own) + SKEW_MS ? new ClockWentBack(what, made) : undefined;
}

/** What a stale attempt must leave with where nobody has taken over. */
export async function clockWentBackSince(
  dataSource: DataSource,
  { projectId, lane, fence }: LaneAttempt,
): Promise<ClockWentBack | undefined> {
  const row = await dataSource.manager.findOneBy(Lane, { projectId, lane });
  return row ? clockWentBack(lane, row.fence, fence) : undefined;
}
