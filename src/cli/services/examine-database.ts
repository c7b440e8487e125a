import type { DataSource } from 'typeorm';
import { shownAddress } from '../../address';
import type { Config } from '../../config';
import { createDataSource, databaseUnreachable, ModelProvider } from '../../entities';
import { withAnnouncedEnds } from './announced-ends';
import { examineProviders } from './examine-providers';
import { reasonOf, type Finding } from './finding';

interface Examined {
  readonly postgres: Finding;
  /** A provider of each kind, from the database or from the environment. */
  readonly providers: readonly Finding[];
}

/** Looks at Postgres, its schema, and who makes text, images and video. */
export async function examineDatabase(config: Config): Promise<Examined> {
  const dataSource = createDataSource({ url: config.DATABASE_URL, poolSize: 1, acquireTimeoutMs: 4_000 });
  const known = { service: 'postgres', address: shownAddress(config.DATABASE_URL) };
  try {
    await dataSource.initialize();
    const [row] = await dataSource.query<{ server_version: string }[]>('SHOW server_version');
    const found = { ...known, version: row?.server_version ?? 'unknown version' };
    const pending = await pendingMigrations(dataSource);
    if (pending.length > 0) {
      const detail = `${pending.length} migrations are pending`;
      return {
        postgres: { ...found, ok: false, detail, advice: 'Run "storyreel migrate".' },
        providers: await providersOf(config, []),
      };
    }
    const rows = await dataSource.getRepository(ModelProvider).findBy({ enabled: true });
    return {
      postgres: { ...found, ok: true, detail: 'schema up to date' },
      providers: await providersOf(config, rows),
    };
  } catch (error) {
    const { type, message } = databaseUnreachable(error);
    const refused = type === 'Config.Invalid';
    const detail = refused ? 'a setting does not fit it' : reasonOf(error);
    const advice = refused ? message : 'Start Postgres, or correct DATABASE_URL.';
    return {
      postgres: { ...known, ok: false, detail, advice },
      providers: await providersOf(config, []),
    };
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

function providersOf(config: Config, rows: readonly ModelProvider[]): Promise<Finding[]> {
  return withAnnouncedEnds(examineProviders(config, rows), config, rows);
}

/** Asked by hand, because TypeORM's own question creates the table that it looks for. */
async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const [table] = await dataSource.query<{ exists: boolean }[]>(
    `SELECT to_regclass('migrations') IS NOT NULL AS exists`,
  );
  const applied = table?.exists ? await dataSource.query<{ name: string }[]>('SELECT name FROM migrations') : [];
  const names = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
  return names.filter((name) => !applied.some((row) => row.name === name));
}
