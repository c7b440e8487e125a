import { laneId, laneParts, type LaneId, type ProjectId } from '../../protocol';
import type { EventLog } from '../../stream';
import type { Changes } from './changes';

/** Older than any attempt. */
const TOO_OLD = 1;

/**
 * The newest fences of the lanes whose text an edit may replace: the end of a run tells of them under one of its own. Asked
 * for by a word that is too old to be taken. Lanes that the log does not know are left out, and so are all while it is away.
 */
export async function newestFences(
  log: EventLog,
  projectId: ProjectId,
  changes: Changes,
): Promise<ReadonlyMap<LaneId, number>> {
  const newest = new Map<LaneId, number>();
  for (const lane of textsIn(changes)) {
    const writer = { projectId, lane, fence: TOO_OLD, attempt: 1 };
    const reply = await log
      .publish({ projectId, stage: laneParts(lane).stage, writer, events: [] })
      .catch(() => undefined);
    if (reply?.kind === 'stale') newest.set(lane, reply.fence);
  }
  return newest;
}

function textsIn({ rewrite, text, scenes, remove, add, order }: Changes): LaneId[] {
  const cameras = (scenes ?? []).filter(({ camera }) => camera);
  return [
    ...(rewrite === undefined ? [] : [laneId('rewrite')]),
    ...(text ? [text.lane as LaneId] : []),
    ...((scenes ?? remove ?? add ?? order) ? [laneId('storyboard')] : []),
    ...cameras.map(({ scene_number }) => laneId('camera_movement', scene_number)),
  ];
}
