import type { EntityManager } from 'typeorm';
import { Lane, Project, Scene } from '../entities';
import { laneParts, projectNotFound, type LaneId, type ProjectId } from '../protocol';
import type { StageContext } from '../stages';

/** The present data for a lane's stage. Throws `Project.NotFound`. */
export async function loadContext(manager: EntityManager, projectId: ProjectId, lane: LaneId): Promise<StageContext> {
  const project = await manager.findOneBy(Project, { id: projectId });
  if (!project) throw projectNotFound(projectId);
  const rows = await manager.find(Lane, { select: { lane: true }, where: { projectId, status: 'skipped' } });
  const skipped = new Set(rows.map((row) => row.lane as LaneId));
  const { scene: sequenceNumber } = laneParts(lane);
  if (sequenceNumber === undefined) return { manager, project, skipped };
  const scene = await manager.findOneBy(Scene, { projectId, sequenceNumber });
  return { manager, project, skipped, ...(scene && { scene }) };
}
