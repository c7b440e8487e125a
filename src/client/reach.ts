import type { OpenedServices } from './open-services';
import { settlesWithin } from './watch/timeouts';

/** How long a service may take to answer before it counts as away. */
const REACH_MS = 2_000;

/** Which services answer now; a service that needs longer than two seconds counts as away. */
export type ServiceReach = Readonly<Record<'postgres' | 'redis' | 'temporal', boolean>>;

/** Asks each service. Never rejects for a service that does not answer. */
export async function reached({
  dataSource,
  redis: opened,
  temporal: connected,
}: OpenedServices): Promise<ServiceReach> {
  const [postgres, redis, temporal] = await Promise.all([
    settlesWithin(dataSource.query('SELECT 1'), REACH_MS),
    settlesWithin(opened.log.ready(REACH_MS), REACH_MS),
    settlesWithin(connected.client.workflowService.getSystemInfo({}), REACH_MS),
  ]);
  return { postgres, redis, temporal };
}
