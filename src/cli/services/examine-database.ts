import type { DataSource } from 'typeorm';
import type { Config } from '../../config';
import { createDataSource, ModelProvider } from '../../entities';
import { reasonOf, withoutPassword, type Finding } from './finding';

type Kind = ModelProvider['kind'];

interface Examined {
  readonly postgres: Finding;
  /** A provider of each kind, from the database or from the environment. */
  readonly providers: readonly Finding[];
}

/** Looks at Postgres, its schema, and who makes text, images and video. */
export async function examineDatabase(config: Config): Promise<Examined> {
  const dataSource = createDataSource({ url: config.DATABASE_URL, poolSize: 1, acquireTimeoutMs: 4_000 });
  const known = { service: 'postgres', address: withoutPassword(config.DATABASE_URL) };
  try {
    await dataSource.initialize();
    const [row] = await dataSource.query<{ server_version: string }[]>('SHOW server_version');
    const found = { ...known, version: row?.server_version ?? 'unknown version' };
    const pending = await pendingMigrations(dataSource);
    if (pending.length > 0) {
      const detail = `${pending.length} migrations are pending`;
      return {
        postgres: { ...found, ok: false, detail, advice: 'Run "storyreel migrate".' },
        providers: providers(config, []),
      };
    }
    const rows = await dataSource.getRepository(ModelProvider).findBy({ enabled: true });
    return { postgres: { ...found, ok: true, detail: 'schema up to date' }, providers: providers(config, rows) };
  } catch (error) {
    const advice = 'Start Postgres, or correct DATABASE_URL.';
    return { postgres: { ...known, ok: false, detail: reasonOf(error), advice }, providers: providers(config, []) };
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
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

function providers(config: Config, rows: readonly ModelProvider[]): Finding[] {
  const text = config.OPENAI_BASE_URL ?? (config.OPENAI_API_KEY === undefined ? undefined : 'the OpenAI API');
  return [
    provider('text', rows, text, config.STORYREEL_TEXT_MODEL, 'OPENAI_BASE_URL or OPENAI_API_KEY'),
    provider('image', rows, config.STORYREEL_IMAGE_BASE_URL, config.STORYREEL_IMAGE_MODEL, 'STORYREEL_IMAGE_BASE_URL'),
    provider('video', rows, config.STORYREEL_VIDEO_BASE_URL, config.STORYREEL_VIDEO_MODEL, 'STORYREEL_VIDEO_BASE_URL'),
  ];
}

function provider(
  kind: Kind,
  rows: readonly ModelProvider[],
  fromEnvironment: string | undefined,
  model: string,
  setting: string,
): Finding {
  const own = rows.filter((row) => row.kind === kind);
  const names = own.map(({ name }) => name);
  if (names.length > 0)
    return { service: kind, ok: true, detail: `configured in model_providers: ${names.join(', ')}` };
  if (fromEnvironment !== undefined) {
    return { service: kind, ok: true, address: withoutPassword(fromEnvironment), detail: `model ${model}` };
  }
  return {
    service: kind,
    ok: false,
    detail: 'no provider',
    advice: `Set ${setting}, or add a row to model_providers.`,
  };
}
