import { laneParts, type LaneAddress, type LaneResult } from '../../protocol';
import { loadLane, storedIn } from '../../planning';
import { numbersOf, sceneIds } from '../../stages';
import type { ActivityDeps } from '../deps';
import { laneNow } from './lane-of-scene';

/** The stored result of a lane; null if the lane has no committed result. */
export async function settledLane(deps: ActivityDeps, address: LaneAddress): Promise<LaneResult | null> {
  const { manager } = deps.dataSource;
  const { projectId } = address;
  const lane = await laneNow(manager, address);
  if (lane === undefined) return null;
  const loaded = await loadLane(deps, projectId, lane);
  if (loaded?.row?.status !== 'completed') return null;
  const stored = await storedIn(loaded.context, lane);
  if (!stored) return null;
  const { sha256, bytes } = stored;
  const stage = loaded.context.stages.definition(laneParts(lane).stage);
  const ids = stage.kind === 'text' && stage.scenes !== undefined ? await sceneIds(manager, projectId) : undefined;
  return {
    sha256,
    bytes,
    reused: false,
    announced: false,
    ...(ids && { scenes: numbersOf(ids), sceneIds: ids }),
  };
}
