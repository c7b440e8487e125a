import type { Config } from '../../config';
import { createDataSource, databaseUnreachable, migrate } from '../../entities';
import { keepReconcileSchedule, type ScheduleChange } from './reconcile-schedule';
import { newerSchema, type SchemaFinding } from './schema-finding';
import { registerSearchAttributes, withTemporal } from './temporal-namespace';

/** The parts that were missing and exist now. */
export interface Prepared {
  readonly migrations: readonly string[];
  readonly searchAttributes: readonly string[];
  readonly reconciler?: ScheduleChange;
  /** Set if a newer release has migrated the database. */
  readonly newer?: SchemaFinding;
}

/**
 * Brings the database's schema and the Temporal namespace up to date. Doing it again, or in several places at once, is
 * harmless. Throws `Service.Unreachable`.
 */
export async function prepareServices(config: Config): Promise<Prepared> {
  const database = await migrateDatabase(config);
  return withTemporal(config, async (connection) => {
    const searchAttributes = await registerSearchAttributes(connection, config.TEMPORAL_NAMESPACE);
    const reconciler = await keepReconcileSchedule(connection, config);
    return { ...database, searchAttributes, ...(reconciler && { reconciler }) };
  });
}

async function migrateDatabase({ DATABASE_URL }: Config): Promise<Pick<Prepared, 'migrations' | 'newer'>> {
  const dataSource = createDataSource({ url: DATABASE_URL, poolSize: 2, applicationName: 'storyreel-migrate' });
  await dataSource.initialize().catch((cause: unknown) => {
    throw databaseUnreachable(cause);
  });
  try {
    const migrations = await migrate(dataSource);
    const newer = await newerSchema(dataSource);
    return { migrations, ...(newer && { newer }) };
  } finally {
    await dataSource.destroy();
  }
}
