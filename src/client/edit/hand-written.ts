import type { EntityManager } from 'typeorm';
import type { LaneId, ProjectId } from '../../protocol';

/**
 * For a row `l` of lanes: a person has written its result, or has changed the unfinished text of an attempt. This stays
 * true if a run has used the text again, and if its scene has moved.
 */
export const BY_HAND = `(
  l.settled_fence = l.written_fence
  OR l.in_progress_input_hash IS NOT NULL AND EXISTS (
    SELECT 1 FROM text_edits AS e
    WHERE e.project_id = l.project_id AND e.lane = l.lane AND e.partial_text IS NOT NULL
      AND e.fence_after = l.edited_fence))`;

/** The lanes of a project whose texts were written by a person. */
export async function handWrittenLanes(manager: EntityManager, projectId: ProjectId): Promise<ReadonlySet<LaneId>> {
  const rows = await manager.query<{ lane: LaneId }[]>(
    `SELECT l.lane FROM lanes AS l WHERE l.project_id = $1 AND ${BY_HAND}`,
    [projectId],
  );
  return new Set(rows.map(({ lane }) => lane));
}
