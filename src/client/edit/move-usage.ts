import type { EntityManager } from 'typeorm';
import type { ProjectId } from '../../protocol';

/** The old and the new number of a scene; `to` is absent for a removed scene. */
export interface MovedScene {
  readonly id: string;
  readonly from: number;
  readonly to?: number;
}

/**
 * Moves a scene's paid calls, with those in flight, to the new names of its lanes. A booking under a number is then not
 * taken for a call of the scene that has this number now. The calls of a removed scene get its id in place of a number.
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
