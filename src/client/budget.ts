import type { DataSource } from 'typeorm';
import { Project } from '../entities';
import { StoryreelError, type ProjectId } from '../protocol';

/** Throws `Project.Invalid` where it is no amount of money. */
export function checkedBudget(amount: number): number {
  if (Number.isFinite(amount) && amount >= 0) return amount;
  throw new StoryreelError('Project.Invalid', 'A budget is a number of 0 or more, in the currency of the prices.');
}

/** Resolves false where there is no such project. A run sees the change before its next paid call. */
export async function storeBudget(
  dataSource: DataSource,
  projectId: ProjectId,
  amount: number | undefined,
): Promise<boolean> {
  const budget = amount === undefined ? null : checkedBudget(amount);
  const { affected } = await dataSource.getRepository(Project).update({ id: projectId }, { budget });
  return affected === 1;
}
