import type { Config } from '../../config';
import { lacksOfWorkers, servedQueues, type Lack } from '../../readiness';
import { withTemporal } from './temporal-namespace';

/** The task queues that no worker of the current build serves; empty if all are served. */
export function workerLacks(config: Config): Promise<Lack[]> {
  return withTemporal(config, async (connection) =>
    lacksOfWorkers(await servedQueues(connection, config), config.TEMPORAL_NAMESPACE),
  );
}
