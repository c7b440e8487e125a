import { laneParts, type LaneId, type ProjectId } from '../protocol';
import { storedBy, type StoredResult } from '../stages';
import type { PlanSource } from './model-choice';
import { loadContext } from './stage-context';

/** The result that is stored for a lane, if it is whole. Throws `Worker.CannotServe` if its stage is not known here. */
export async function storedResult(
  source: Pick<PlanSource, 'dataSource' | 'stages'>,
  projectId: ProjectId,
  lane: LaneId,
): Promise<StoredResult | undefined> {
  const context = await loadContext(source, projectId, lane);
  const { stage, scene } = laneParts(lane);
  const lostScene = scene !== undefined && !context.scene;
  return lostScene ? undefined : storedBy(context.stages.definition(stage), context);
}
