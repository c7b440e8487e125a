import type { DataSource } from 'typeorm';
import { Lane } from '../../entities';
import { laneParts, StoryreelError, type LaneResult, type LaneTask } from '../../protocol';
import type { StageContext } from '../../stages';
import { laneNow, movedLane } from './lane-of-scene';
import type { LaneAttempt } from './lane-store';

/**
 * What a stale attempt must leave with where no newer one has taken over, but a person: then it begins anew, from what is
 * there now. Undefined where it is of no use any more.
 */
export async function editedMeanwhile(
  dataSource: DataSource,
  { projectId, lane }: LaneAttempt,
  { scene }: Pick<LaneTask, 'scene'>,
): Promise<StoryreelError | undefined> {
  if ((await laneNow(dataSource.manager, { projectId, lane, ...(scene !== undefined && { scene }) })) !== lane) {
    return movedLane(lane);
  }
  const row = await dataSource.manager.findOneBy(Lane, { projectId, lane });
  if (row && row.fence !== row.editedFence) return undefined;
  return new StoryreelError('Lane.Edited', `What ${lane} is made from was edited meanwhile; it begins anew.`);
}

/**
 * The end of a lane whose scene was removed since the run has laid it out, for a run that does not know its scenes' ids:
 * there is nothing to make. Undefined where there is.
 */
export async function nothingToMake(
  { manager, scene }: StageContext,
  { projectId, lane }: LaneAttempt,
): Promise<LaneResult | undefined> {
  if (laneParts(lane).scene === undefined || scene) return undefined;
  // An attempt that claimed the lane while the scene went may have brought its row back.
  await manager.delete(Lane, { projectId, lane });
  return { sha256: '', bytes: 0, reused: true, announced: true };
}
