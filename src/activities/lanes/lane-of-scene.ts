import type { EntityManager } from 'typeorm';
import { Scene } from '../../entities';
import {
  laneId,
  laneParts,
  StoryreelError,
  type LaneAddress,
  type LaneId,
  type LaneTask,
  type ProjectId,
} from '../../protocol';
import type { StageContext } from '../../stages';

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

export function movedLane(lane: LaneId): StoryreelError {
  return new StoryreelError('Lane.Moved', `Scenes were moved, added or removed; the run looks at ${lane} anew.`);
}

async function sameScenes(manager: EntityManager, projectId: ProjectId, ids: readonly string[]): Promise<boolean> {
  const found = await manager.find(Scene, {
    select: { id: true },
    where: { projectId },
    order: { sequenceNumber: 'ASC' },
  });
  return found.length === ids.length && found.every(({ id }, i) => id === ids[i]);
}
