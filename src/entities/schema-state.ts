import type { DataSource } from 'typeorm';
import { codeOf } from './database-fault';

/** How the schema differs from the one of this release, as names of migrations. */
export interface SchemaState {
  /** Not applied yet. */
  readonly pending: readonly string[];
  /** Applied by a newer release, which alone knows them. */
  readonly newer: readonly string[];
}

/** Asked by hand, because TypeORM's own question creates the table of migrations. */
export async function schemaState(dataSource: DataSource): Promise<SchemaState> {
  const [table] = await dataSource.query<{ exists: boolean }[]>(
    `SELECT to_regclass('migrations') IS NOT NULL AS exists`,
  );
  const rows = table?.exists
    ? await dataSource.query<{ name: string }[]>('SELECT name FROM migrations ORDER BY timestamp')
    : [];
  const applied = rows.map(({ name }) => name);
  const known = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
  return {
    pending: known.filter((name) => !applied.includes(name)),
    newer: applied.filter((name) => !known.includes(name)),
  };
}

/** True for a standby, or for a server or a role that is set to refuse writes. */
export async function isReadOnly(dataSource: DataSource): Promise<boolean> {
  const [row] = await dataSource.query<{ read_only: string }[]>(
    `SELECT current_setting('transaction_read_only') AS read_only`,
  );
  return row?.read_only === 'on';
}

/** The tables that the user of the connection may not read, or may not add to. */
export async function tablesWithoutRights(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>(
    `SELECT name FROM unnest($1::text[]) AS name
     WHERE NOT (has_table_privilege(name, 'SELECT') AND has_table_privilege(name, 'INSERT')) ORDER BY name`,
    [dataSource.entityMetadatas.map(({ tableName }) => tableName)],
  );
  return rows.map(({ name }) => name);
}

/** SQLSTATEs of a schema, a table or a column that is not there. */
const NOT_THERE: readonly unknown[] = ['3F000', '42P01', '42703'];

/** Whether a statement has failed because `migrate` has not been run, or is older than this version. */
export function isUnmigrated(error: unknown): boolean {
  return NOT_THERE.includes(codeOf(error));
}
