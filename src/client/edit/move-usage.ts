import type { EntityManager } from 'typeorm';
import type { ProjectId } from '../../protocol';

/** Where a scene was, and where it is now; nowhere where it has gone. */
export interface MovedScene {
  readonly id: string;
  readonly from: number;
  readonly to?: number;
}

/**
 * Takes a scene's paid calls with it under the lanes' new names, those under way, too: what was booked under a number is not
 * taken for the calls of the scene that has that number now. Of a scene that has gone they keep its id in place of a number.
 */
export async function moveUsage(
  manager: EntityManager,
  projectId: ProjectId,
  scenes: readonly MovedScene[],
): Promise<void> {
  const ids = scenes.map(({ id }) => id);
  // In two steps, because two scenes that change places have the same number in between.
  await manager.query(
    `UPDATE model_usage AS u SET lane = split_part(u.lane, '/', 1) || '/' || m.id
     FROM unnest($2::text[], $3::text[]) AS m (id, number)
     WHERE u.project_id = $1 AND split_part(u.lane, '/', 2) = m.number`,
    [projectId, ids, scenes.map(({ from }) => String(from))],
  );
  const moved = scenes.filter(({ to }) => to !== undefined);
  await manager.query(
    `UPDATE model_usage AS u SET lane = split_part(u.lane, '/', 1) || '/' || m.number
     FROM unnest($2::text[], $3::text[]) AS m (id, number)
     WHERE u.project_id = $1 AND split_part(u.lane, '/', 2) = m.id`,
    [projectId, moved.map(({ id }) => id), moved.map(({ to }) => String(to))],
  );
}
