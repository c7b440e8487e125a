import { DataSource, type Logger } from 'typeorm';
import { entities } from './entities';
import { migrations } from './migrations';

export interface DataSourceSettings {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Connections at the same time. Default 10. */
  readonly poolSize?: number;
  /** How long a query waits for a connection, a new or a pooled one, before it fails. Default 5,000. */
  readonly acquireTimeoutMs?: number;
  /** How long one statement may run before Postgres ends it. Default 30,000. */
  readonly statementTimeoutMs?: number;
  /** What the connections are called in `pg_stat_activity`. Default `storyreel`. */
  readonly applicationName?: string;
  /** Hears of every statement that Postgres refuses. */
  readonly onError?: (error: unknown) => void;
}

/**
 * The way to Postgres; one per process. It connects at `initialize()`, which fails where the server cannot be reached
 * or refuses the login, and never changes the schema: see `migrate`. Close it with `destroy()`.
 */
export function createDataSource({
  url,
  poolSize = 10,
  acquireTimeoutMs = 5_000,
  statementTimeoutMs = 30_000,
  applicationName = 'storyreel',
  onError,
}: DataSourceSettings): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities,
    migrations,
    synchronize: false,
    logging: false,
    // The default logger prints a failed migration to stdout even so; the caller gets the error anyway.
    logger: onError ? errorsTo(onError) : 'debug',
    poolSize,
    connectTimeoutMS: acquireTimeoutMs,
    applicationName,
    // A process that hangs in the middle of a transaction must not keep its locks from those that go on.
    extra: { statement_timeout: statementTimeoutMs, idle_in_transaction_session_timeout: statementTimeoutMs },
    // gen_random_uuid() is part of Postgres itself: no extension, and so no superuser, is needed.
    uuidExtension: 'pgcrypto',
    installExtensions: false,
  });
}

function errorsTo(onError: (error: unknown) => void): Logger {
  const nothing = () => undefined;
  return {
    logQueryError: (error) => onError(error),
    ...{ logQuery: nothing, logQuerySlow: nothing, logSchemaBuild: nothing, logMigration: nothing, log: nothing },
  };
}
