import type { EntityManager } from 'typeorm';

/**
 * The one lock of a project, until the transaction ends. A transaction takes it first if it changes more than one row
 * of a project, or decides by rows that others change. Two such transactions therefore never wait for each other,
 * whatever the order of their writes. Rows that refer to the project can be added meanwhile.
 */
export async function lockProject(manager: EntityManager, projectId: string): Promise<void> {
  await manager.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [projectId]);
}

/** Locks many projects, always in the same order. */
export async function lockProjects(manager: EntityManager, batchId: string, ids: readonly string[]): Promise<void> {
  await manager.query(
    'SELECT 1 FROM projects WHERE batch_id = $1 OR id = ANY ($2::uuid[]) ORDER BY id FOR NO KEY UPDATE',
    [batchId, ids],
  );
}
