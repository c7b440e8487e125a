import type { OpenedServices } from './open-services';

/** How long a service may take to answer before it counts as away. */
const REACH_MS = 2_000;

type Reached = Readonly<Record<'postgres' | 'redis' | 'temporal', boolean>>;

/** Which services answer in time. Never rejects for one that does not. */
export async function reached(services: OpenedServices): Promise<Reached> {
  const { dataSource, redis: opened, temporal: connected } = services;
  const [postgres, redis, temporal] = await Promise.all([
    inTime(dataSource.query('SELECT 1')),
    inTime(opened.log.ready(REACH_MS)),
    inTime(connected.client.workflowService.getSystemInfo({})),
  ]);
  return { postgres, redis, temporal };
}

async function inTime(work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, REACH_MS, false)));
  const done = work.then(
    () => true,
    () => false,
  );
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}
