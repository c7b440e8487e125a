import { WorkerSettings } from '../../entities';
import { settingsIn, type PlanSource } from '../../planning';

/** Has other processes know this worker's settings. */
export async function announceSettings({ dataSource, config }: PlanSource): Promise<void> {
  const row = { taskQueue: config.TEMPORAL_TASK_QUEUE, settings: settingsIn(config), updatedAt: new Date() };
  await dataSource.manager.getRepository(WorkerSettings).upsert(row, ['taskQueue']);
}
