import type { DataSource } from 'typeorm';
import type { Config } from '../config';
import { borrowDataSource, createDataSource, databaseUnreachable } from '../entities';
import { openRedis, placeOfConnection, type OpenedRedis } from '../stream';
import type { ConnectOptions } from './connect-options';
import { openTemporal, type OpenedTemporal } from './open-temporal';

/** How long Redis may take to answer before a client continues without it. */
const REDIS_MS = 1_000;

export interface OpenedServices {
  readonly temporal: OpenedTemporal;
  readonly dataSource: DataSource;
  readonly redis: OpenedRedis;
}

/** Throws `Config.Invalid`, and `Service.Unreachable` where Temporal or Postgres cannot be reached. Redis may be away. */
export async function openServices(config: Config, options: ConnectOptions): Promise<OpenedServices> {
  const place = options.redis && placeOfConnection(options.redis);
  const dataSource = sourceOf(config, options.postgres);
  const temporal = await openTemporal(config, options);
  await dataSource.initialize().catch(async (cause: unknown) => {
    await temporal.close();
    throw databaseUnreachable(cause);
  });
  const redis = openRedis(config, options.logger, undefined, place);
  // The first snapshot would find it away otherwise.
  await redis.log.ready(REDIS_MS).catch(() => undefined);
  return { temporal, dataSource, redis };
}

/** Closes what was opened, whatever one of them meets. */
export async function closeServices({ redis, dataSource, temporal }: OpenedServices): Promise<void> {
  const closed = await Promise.allSettled([redis.close(), dataSource.destroy(), temporal.close()]);
  for (const end of closed) if (end.status === 'rejected') throw end.reason;
}

function sourceOf(
  { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize }: Config,
  given: ConnectOptions['postgres'],
): DataSource {
  if (given) return borrowDataSource(given);
  return createDataSource({ url, poolSize, oneEach: true, applicationName: 'storyreel-client' });
}
