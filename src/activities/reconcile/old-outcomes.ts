import { numberOutcomes } from '../../entities';
import type { ActivityDeps } from '../deps';

/** Removes outcomes that are older than `OUTCOME_RETENTION_DAYS`. A reader whose cursor is older still is refused then. */
export async function removeOldOutcomes({ dataSource, config, logger }: ActivityDeps): Promise<void> {
  const removed = await dataSource.transaction(async (manager) => {
    // What nobody has read has no position yet, and a reader that comes later must know that it has missed something.
    await numberOutcomes(manager);
    const [{ count }] = await manager.query<[{ count: number }]>(
      `WITH gone AS (
         DELETE FROM outcomes WHERE ended_at < now() - make_interval(days => $1) RETURNING position),
       marked AS (
         UPDATE outcome_positions SET removed = greatest(removed, (SELECT max(position) FROM gone)))
       SELECT count(*)::int AS count FROM gone`,
      [config.OUTCOME_RETENTION_DAYS],
    );
    return count;
  });
  if (removed > 0) logger.info({ removed }, 'old outcomes were removed');
}
