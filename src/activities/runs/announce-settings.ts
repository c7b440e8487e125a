import { WorkerSettings } from '../../entities';
import { BUILT_IN } from '../../stages';
import { settingsIn, type PlanSource } from '../../planning';

/** Has other processes know this worker's settings, and what it can make. */
export async function announceSettings({
  dataSource,
  config,
  stages = BUILT_IN,
  adapters = [],
}: PlanSource): Promise<void> {
  const serves = { stages: stages.plan, adapters };
  const row = { taskQueue: config.TEMPORAL_TASK_QUEUE, settings: settingsIn(config), serves, updatedAt: new Date() };
  await dataSource.manager.getRepository(WorkerSettings).upsert(row, ['taskQueue']);
}
