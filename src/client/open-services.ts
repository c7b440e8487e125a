import type { Connection } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import type { DataSource } from 'typeorm';
import type { Config } from '../config';
import {
  borrowDataSource,
  createDataSource,
  databaseUnreachable,
  type PostgresDataSource,
  type PostgresPool,
} from '../entities';
import type { OutsideStage } from '../planning';
import { openRedis, placeOfConnection, type OpenedRedis, type RedisConnection } from '../stream';
import type { StoryMetrics } from '../telemetry';
import { openTemporal, type OpenedTemporal } from './open-temporal';

/** How long Redis may take to answer before a client continues without it. */
const REDIS_MS = 1_000;

/** What a client takes from the program around it. The client closes none of it. */
export interface ConnectOptions {
  /** Who acts with this client, for the audit: a person or a program, in words. */
  readonly by?: string;
  /** Measures the watches of this client. */
  readonly metrics?: StoryMetrics;
  /** A connection to Temporal that the program has already. The namespace is that of the settings. */
  readonly connection?: Connection;
  /** Takes the place of PAYLOAD_KEY_FILE. The workers need the same codecs. */
  readonly payloadCodecs?: readonly PayloadCodec[];
  /** A pool of `pg` or a `DataSource` of TypeORM on Storyreel's database, in place of DATABASE_URL. */
  readonly postgres?: PostgresPool | PostgresDataSource;
  /** A connection of ioredis, in place of REDIS_URL: the client opens its own ones to the same place. */
  readonly redis?: RedisConnection;
  /** The outside stages of the workers, so that `explain` knows their inputs. Everything else works without them. */
  readonly stages?: readonly OutsideStage[];
}

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
  const redis = openRedis(config, undefined, undefined, place);
  // The first snapshot would find it away otherwise.
  await redis.log.ready(REDIS_MS).catch(() => undefined);
  return { temporal, dataSource, redis };
}

function sourceOf(
  { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize }: Config,
  given: ConnectOptions['postgres'],
): DataSource {
  if (given) return borrowDataSource(given);
  return createDataSource({ url, poolSize, oneEach: true, applicationName: 'storyreel-client' });
}
