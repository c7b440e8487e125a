import { Lane, Project, Scene } from '../entities';
import { laneParts, type LaneId, type ProjectId } from '../protocol';
import { BUILT_IN, databaseOf, storedBy, type StageContext, type StoredResult } from '../stages';
import type { PlanSource } from './model-choice';

type Source = Pick<PlanSource, 'dataSource' | 'stages'>;

/** A lane as it is stored, and the present data for its stage. */
export interface LoadedLane {
  readonly context: StageContext;
  readonly row?: Lane;
}

/** Reads it in one statement. Undefined if there is no such project. */
export async function loadLane(
  { dataSource: { manager }, stages = BUILT_IN }: Source,
  projectId: ProjectId,
  lane: LaneId,
): Promise<LoadedLane | undefined> {
  const { scene: sequenceNumber } = laneParts(lane);
  const found = await manager
    .createQueryBuilder(Project, 'p')
    .leftJoinAndMapMany('p.lanes', Lane, 'l', `l.project_id = p.id AND (l.lane = :lane OR l.status = 'skipped')`)
    .leftJoinAndMapOne('p.scene', Scene, 's', 's.project_id = p.id AND s.sequence_number = :sequenceNumber')
    .where('p.id = :projectId', { projectId, lane, sequenceNumber: sequenceNumber ?? null })
    .getOne();
  if (!found) return undefined;
  const { lanes, scene, ...project } = found as Project & { readonly lanes: Lane[]; readonly scene: Scene | null };
  const row = lanes.find((each) => each.lane === lane);
  const skipped = new Set(lanes.filter(({ status }) => status === 'skipped').map((each) => each.lane));
  return {
    context: { ...databaseOf(manager), project, skipped, stages, ...(scene && { scene }) },
    ...(row && { row }),
  };
}

/** The result that is stored for the lane, if it is whole. Throws `Worker.CannotServe` if its stage is not known here. */
export async function storedIn(context: StageContext, lane: LaneId): Promise<StoredResult | undefined> {
  const { stage, scene } = laneParts(lane);
  const lostScene = scene !== undefined && !context.scene;
  return lostScene ? undefined : storedBy(context.stages.definition(stage), context);
}
