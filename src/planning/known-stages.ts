import { WorkerSettings, type Served } from '../entities';
import { joinPlans, type StagePlan } from '../protocol';
import { BUILT_IN } from '../stages';
import type { PlanSource } from './model-choice';

/**
 * Every stage that a run can have: those of this process, then those that the worker has which started last on the task
 * queue. The plan is data, so a process that does not know what a stage does can still plan, show and check it.
 */
export async function knownStages(source: PlanSource): Promise<readonly StagePlan[]> {
  const { plan } = source.stages ?? BUILT_IN;
  return joinPlans(plan, (await servedByWorkers(source))?.stages ?? []);
}

/** Undefined if no worker has announced it yet. */
export async function servedByWorkers({ dataSource, config }: PlanSource): Promise<Served | undefined> {
  const taskQueue = config.TEMPORAL_TASK_QUEUE;
  const row = await dataSource.manager.getRepository(WorkerSettings).findOneBy({ taskQueue });
  return row?.serves ?? undefined;
}
