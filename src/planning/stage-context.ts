import { Lane, Project, Scene } from '../entities';
import { laneParts, projectNotFound, type LaneId, type ProjectId } from '../protocol';
import { BUILT_IN, type StageContext } from '../stages';
import type { PlanSource } from './model-choice';

type Source = Pick<PlanSource, 'dataSource' | 'stages'>;

/** The present data for a lane's stage. Throws `Project.NotFound`. */
export async function loadContext(
  { dataSource: { manager }, stages = BUILT_IN }: Source,
  projectId: ProjectId,
  lane: LaneId,
): Promise<StageContext> {
  const project = await manager.findOneBy(Project, { id: projectId });
  if (!project) throw projectNotFound(projectId);
  const rows = await manager.find(Lane, { select: { lane: true }, where: { projectId, status: 'skipped' } });
  const skipped = new Set(rows.map((row) => row.lane as LaneId));
  const { scene: sequenceNumber } = laneParts(lane);
  if (sequenceNumber === undefined) return { manager, project, skipped, stages };
  const scene = await manager.findOneBy(Scene, { projectId, sequenceNumber });
  return { manager, project, skipped, stages, ...(scene && { scene }) };
}
