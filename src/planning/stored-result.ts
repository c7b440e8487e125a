import type { EntityManager } from 'typeorm';
import { Project, Scene } from '../entities';
import { laneParts, stageOf, type LaneId, type ProjectId } from '../protocol';
import { stageDefinition, type StoredResult } from '../stages';

/** The result that is stored for a lane, if it is whole. */
export async function storedResult(
  manager: EntityManager,
  projectId: ProjectId,
  lane: LaneId,
): Promise<StoredResult | undefined> {
  const project = await manager.findOneByOrFail(Project, { id: projectId });
  const { scene: sequenceNumber } = laneParts(lane);
  const scene =
    sequenceNumber === undefined ? undefined : await manager.findOneBy(Scene, { projectId, sequenceNumber });
  if (scene === null) return undefined;
  return stageDefinition(stageOf(lane)).stored({ manager, project, ...(scene && { scene }) });
}
