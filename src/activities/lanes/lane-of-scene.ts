import type { DataSource, EntityManager } from 'typeorm';
import { Lane, Scene } from '../../entities';
import {
  laneId,
  laneParts,
  StoryreelError,
  type LaneAddress,
  type LaneId,
  type LaneResult,
  type LaneTask,
  type ProjectId,
} from '../../protocol';
import type { StageContext } from '../../stages';
import type { LaneAttempt } from './lane-store';

/** The current name of a scene's lane; undefined if the scene was removed. */
export async function laneNow(
  manager: EntityManager,
  { projectId, lane, scene: id }: LaneAddress,
): Promise<LaneId | undefined> {
  if (id === undefined) return lane;
  const scene = await manager.findOneBy(Scene, { id, projectId });
  return scene ? laneId(laneParts(lane).stage, scene.sequenceNumber) : undefined;
}

/**
 * Throws `Lane.Moved` if the scenes are not those that the run knows: the lane then belongs to another scene, or to
 * none.
 */
export async function mustBeInPlace(
  { manager, project, scene: found }: StageContext,
  { lane, scene, scenes }: Pick<LaneTask, 'lane' | 'scene' | 'scenes'>,
): Promise<void> {
  const isThere = scene === undefined || found?.id === scene;
  if (isThere && (scenes === undefined || (await sameScenes(manager, project.id, scenes)))) return;
  throw movedLane(lane);
}

function movedLane(lane: LaneId): StoryreelError {
  return new StoryreelError('Lane.Moved', `Scenes were moved, added or removed; the run looks at ${lane} anew.`);
}

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

async function sameScenes(manager: EntityManager, projectId: ProjectId, ids: readonly string[]): Promise<boolean> {
  const found = await manager.find(Scene, {
    select: { id: true },
    where: { projectId },
    order: { sequenceNumber: 'ASC' },
  });
  return found.length === ids.length && found.every(({ id }, i) => id === ids[i]);
}
