import type { Client } from '@temporalio/client';
import type { DataSource } from 'typeorm';
import type { OpenedRedis } from '../stream';

/** How long a service may take to answer before it counts as away. */
const REACH_MS = 2_000;

type Reached = Readonly<Record<'postgres' | 'redis' | 'temporal', boolean>>;

/** Which services answer in time. Never rejects for one that does not. */
export async function reached(
  dataSource: DataSource,
  log: OpenedRedis['log'],
  { workflowService }: Client,
): Promise<Reached> {
  const [postgres, redis, temporal] = await Promise.all([
    inTime(dataSource.query('SELECT 1')),
    inTime(log.ready(REACH_MS)),
    inTime(workflowService.getSystemInfo({})),
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
