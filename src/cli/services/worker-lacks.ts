import type { Config } from '../../config';
import { lacksOfWorkers, servedQueues, type Lack } from '../../readiness';
import { withTemporal } from './temporal-namespace';

/** What stories wait for where no worker of the current build serves a task queue; empty where all are served. */
export function workerLacks(config: Config): Promise<Lack[]> {
  return withTemporal(config, async (connection) =>
    lacksOfWorkers(await servedQueues(connection, config), config.TEMPORAL_NAMESPACE),
  );
}
