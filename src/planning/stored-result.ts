import type { EntityManager } from 'typeorm';
import { laneParts, stageOf, type LaneId, type ProjectId } from '../protocol';
import { stageDefinition, type StoredResult } from '../stages';
import { loadContext } from './stage-context';

/** The result that is stored for a lane, if it is whole. */
export async function storedResult(
  manager: EntityManager,
  projectId: ProjectId,
  lane: LaneId,
): Promise<StoredResult | undefined> {
  const context = await loadContext(manager, projectId, lane);
  const lostScene = laneParts(lane).scene !== undefined && !context.scene;
  return lostScene ? undefined : stageDefinition(stageOf(lane)).stored(context);
}
