import { defaults } from 'pg';
import type { DataSource, Logger } from 'typeorm';
import { CommitWatch } from './after-commit';
import { entities } from './entities';
import { migrations } from './migrations';
import { borrowing, poolOf, type PostgresDataSource, type PostgresPool } from './postgres/borrowed-pool';
import { LeavingPool } from './postgres/leaving-pool';
import { StorySource } from './postgres/story-source';
import { tlsPlan } from './postgres/tls-plan';

const CONNECT_MS = 5_000;
const WAIT_MS = 15_000;

export interface DataSourceSettings {
  /** `postgres://user:password@host:port/database`, with `sslmode` and what belongs to it in libpq's meaning. */
  readonly url: string;
  /** Connections at the same time. Default 10. */
  readonly poolSize?: number;
  /**
   * How long a query waits for a connection. Default 15,000. A new connection that is not made in 5,000 is tried again.
   */
  readonly acquireTimeoutMs?: number;
  /** How long one statement may run before it is ended; 0: any time. Default 30,000. */
  readonly statementTimeoutMs?: number;
  /** The name of the connections in `pg_stat_activity`. Default `storyreel`. */
  readonly applicationName?: string;
  /** Refuse a second connection to what runs within a transaction, which would wait for it with its locks. Default false. */
  readonly oneEach?: boolean;
  /** Called with every statement that Postgres refuses. */
  readonly onError?: (error: unknown) => void;
}

/**
 * The connections to Postgres; one per process. It connects at `initialize()`, which fails if the server cannot be
 * reached or refuses the login, and never changes the schema: see `migrate`. Close it with `destroy()`. It works
 * through a pooler, even if each transaction gets another session, because it keeps no state in sessions. Throws
 * `Config.Invalid` for an unknown `sslmode`, or for a certificate that cannot be read.
 */
export function createDataSource({
  url,
  poolSize = 10,
  acquireTimeoutMs,
  statementTimeoutMs = 30_000,
  applicationName = 'storyreel',
  oneEach = false,
  onError,
}: DataSourceSettings): DataSource {
  const tls = tlsPlan(url);
  const plan = {
    tls,
    statementMs: statementTimeoutMs,
    connectMs: acquireTimeoutMs ?? CONNECT_MS,
    waitMs: acquireTimeoutMs ?? WAIT_MS,
  };
  class Pool extends LeavingPool {
    constructor(options: object) {
      super(poolSize, plan, options);
    }
  }
  return sourceWith({ url: tls.url, applicationName, Pool, oneEach, ...(onError && { onError }) });
}

/** The same over the connections of another program, which keeps their limits and stays their owner. Throws `Config.Invalid`. */
export function borrowDataSource(given: PostgresPool | PostgresDataSource): DataSource {
  return sourceWith({ Pool: borrowing(poolOf(given)), oneEach: true });
}

function sourceWith({
  Pool,
  oneEach,
  onError,
  ...where
}: {
  readonly Pool: object;
  readonly oneEach: boolean;
  readonly url?: string;
  readonly applicationName?: string;
  readonly onError?: (error: unknown) => void;
}): DataSource {
  const source = new StorySource({
    type: 'postgres',
    ...where,
    entities,
    migrations,
    subscribers: [CommitWatch],
    synchronize: false,
    logging: false,
    // The default logger prints a failed migration to stdout even so; the caller gets the error anyway.
    logger: onError ? errorsTo(onError) : 'debug',
    driver: { Pool, defaults },
    // gen_random_uuid() is part of Postgres itself: no extension, and so no superuser, is needed.
    uuidExtension: 'pgcrypto',
    installExtensions: false,
  });
  source.oneEach = oneEach;
  return source;
}

function errorsTo(onError: (error: unknown) => void): Logger {
  const nothing = () => undefined;
  return {
    logQueryError: (error) => onError(error),
    logQuery: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: nothing,
    log: nothing,
  };
}
