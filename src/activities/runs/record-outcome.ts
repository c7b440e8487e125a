import type { EntityManager } from 'typeorm';
import type { Project } from '../../entities';

/**
 * Writes how the run has ended, for `client.outcomes`, in the transaction that ends it. So each end has one row, even if
 * a process dies afterwards or Redis is away. A repeated step adds none.
 */
export async function recordOutcome(manager: EntityManager, project: Project, execution: string): Promise<void> {
  const { id, runId, owner, batchId, status, error } = project;
  await manager.query(
    `INSERT INTO outcomes (project_id, execution, run_id, owner, batch_id, status, error)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (project_id, execution) DO NOTHING`,
    [id, execution, runId, owner, batchId, status, error],
  );
}
