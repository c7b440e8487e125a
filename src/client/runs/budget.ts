import type { DataSource } from 'typeorm';
import { Project } from '../../entities';
import type { ProjectId } from '../../protocol';

/** Resolves with false if there is no such project. A run sees the change before its next paid call. */
export async function storeBudget(
  dataSource: DataSource,
  projectId: ProjectId,
  amount: number | undefined,
): Promise<boolean> {
  const budget = amount ?? null;
  const { affected } = await dataSource.getRepository(Project).update({ id: projectId }, { budget });
  return affected === 1;
}
