import type { DataSource } from 'typeorm';
import { Lane } from '../../entities';
import { laneParts, StoryreelError, type LaneResult, type LaneTask } from '../../protocol';
import type { StageContext } from '../../stages';
import { laneNow, movedLane } from './lane-of-scene';
import type { LaneAttempt } from './lane-store';

/**
 * The error with which a stale attempt ends if a person, and no newer attempt, has taken over. The lane then begins
 * again from the present rows. Undefined if the attempt is not needed any more.
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
 * The end of a lane whose scene was removed after the run began, for a run that does not know the ids of its scenes.
 * Undefined if the scene still exists.
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
