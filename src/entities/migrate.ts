import { MigrationExecutor, type DataSource } from 'typeorm';

/** Our advisory lock in the database. Any number will do, as long as it never changes. */
const MIGRATION_LOCK = 7_867_914_611;

/**
 * Brings the schema up to date and returns the names of the applied migrations, oldest first; none if it was up to
 * date. Several deploys at once are safe: one applies, the others wait for it and find nothing left to do. All is one
 * transaction: after a failure, or the death of the process, nothing has changed. Expects an initialized data source.
 */
export function migrate(dataSource: DataSource): Promise<string[]> {
  // Read committed, so that a process that waited for the lock sees what the holder committed.
  return dataSource.transaction('READ COMMITTED', async (manager) => {
    // Waiting for another deploy, and altering a large table, may take longer than a statement normally may.
    await manager.query('SET LOCAL statement_timeout = 0');
    await manager.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const applied = await new MigrationExecutor(dataSource, manager.queryRunner).executePendingMigrations();
    return applied.map((migration) => migration.name);
  });
}
