import type { EntityManager } from 'typeorm';
import { laneId, type EventError, type ProjectId, type StagePlan } from '../../protocol';

/**
 * A stage is completed if all its lanes are completed or skipped. It needs attention if none of its lanes can continue
 * without a person.
 */
export async function refreshStage(
  manager: EntityManager,
  projectId: ProjectId,
  stage: string,
  error: EventError | null = null,
): Promise<void> {
  await manager.query(
    `UPDATE project_stages AS s
     SET status = CASE WHEN c.skipped = c.total THEN 'skipped'
                       WHEN c.completed + c.skipped = c.total THEN 'completed'
                       WHEN c.completed + c.skipped + c.parked = c.total THEN 'needs_attention'
                       ELSE 'processing' END,
         finished_at = CASE WHEN c.completed + c.skipped = c.total THEN now() END,
         error = CASE WHEN c.parked > 0 THEN coalesce($3::jsonb, s.error) END,
         updated_at = now()
     FROM (SELECT count(*) AS total,
                  count(*) FILTER (WHERE status = 'completed') AS completed,
                  count(*) FILTER (WHERE status = 'skipped') AS skipped,
                  count(*) FILTER (WHERE status IN ('needs_attention', 'cancelled')) AS parked
           FROM lanes WHERE project_id = $1 AND stage = $2) AS c
     WHERE s.project_id = $1 AND s.stage = $2`,
    [projectId, stage, error],
  );
}

/** Adds the lanes of the given scenes, and removes the lanes of removed scenes. */
export async function planScenes(
  manager: EntityManager,
  projectId: ProjectId,
  scenes: readonly number[],
  known: readonly StagePlan[],
): Promise<void> {
  await manager.query(
    'DELETE FROM lanes WHERE project_id = $1 AND sequence_number IS NOT NULL AND NOT (sequence_number = ANY ($2::int[]))',
    [projectId, scenes],
  );
  const stages = known.filter(({ scope }) => scope === 'scene');
  const rows = stages.flatMap(({ name }) => scenes.map((n) => ({ lane: laneId(name, n), stage: name, n })));
  await manager.query(
    `INSERT INTO lanes (project_id, lane, stage, sequence_number)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::int[]) ON CONFLICT DO NOTHING`,
    [projectId, rows.map(({ lane }) => lane), rows.map(({ stage }) => stage), rows.map(({ n }) => n)],
  );
}
