import type { DataSource, EntityManager } from 'typeorm';
import { Project } from '../../entities';
import type { ProjectId } from '../../protocol';
import { changeRows, ifDone } from '../access/acting';

/** Resolves with false if there is no such project. A run sees the change before its next paid call. */
export async function storeBudget(
  dataSource: DataSource,
  projectId: ProjectId,
  amount: number | undefined,
): Promise<boolean> {
  const budget = amount ?? null;
  const store = async (manager: EntityManager) =>
    (await manager.update(Project, { id: projectId }, { budget })).affected === 1;
  return changeRows(dataSource, store, ifDone);
}
