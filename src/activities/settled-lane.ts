import { Lane } from '../entities';
import { stageOf, type LaneId, type LaneResult, type ProjectId } from '../protocol';
import { storedResult } from '../planning';
import { stageDefinition } from '../stages';
import type { ActivityDeps } from './deps';
import { listScenes } from './steer-run';

/** What is stored for a lane; null where it is not settled. */
export async function settledLane(
  deps: ActivityDeps,
  { projectId, lane }: { projectId: ProjectId; lane: LaneId },
): Promise<LaneResult | null> {
  const { manager } = deps.dataSource;
  const row = await manager.findOneBy(Lane, { projectId, lane });
  const stored = row?.status === 'completed' ? await storedResult(manager, projectId, lane) : undefined;
  if (!stored) return null;
  const { sha256, bytes } = stored;
  const stage = stageDefinition(stageOf(lane));
  const laysOut = stage.kind === 'text' && stage.scenes !== undefined;
  return {
    ...{ sha256, bytes, reused: false, announced: false },
    ...(laysOut && { scenes: await listScenes(deps, { projectId }) }),
  };
}
