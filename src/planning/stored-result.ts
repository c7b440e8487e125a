import { laneParts, projectNotFound, type LaneId, type ProjectId } from '../protocol';
import { storedBy, type StageContext, type StoredResult } from '../stages';
import type { PlanSource } from './model-choice';
import { loadLane } from './stage-context';

/** The result that is stored for a lane, if it is whole. Throws `Worker.CannotServe` if its stage is not known here. */
export async function storedResult(
  source: Pick<PlanSource, 'dataSource' | 'stages'>,
  projectId: ProjectId,
  lane: LaneId,
): Promise<StoredResult | undefined> {
  const loaded = await loadLane(source, projectId, lane);
  if (!loaded) throw projectNotFound(projectId);
  return storedIn(loaded.context, lane);
}

/** The same with the data of the lane's stage. */
export async function storedIn(context: StageContext, lane: LaneId): Promise<StoredResult | undefined> {
  const { stage, scene } = laneParts(lane);
  const lostScene = scene !== undefined && !context.scene;
  return lostScene ? undefined : storedBy(context.stages.definition(stage), context);
}
