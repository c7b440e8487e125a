import { shownAddress } from '../../address';
import type { Config } from '../../config';
import { createDataSource, databaseUnreachable, ModelProvider, schemaState, WorkerSettings } from '../../entities';
import { adviceOnPostgres, lackOfSchema, reasonOf } from '../../readiness';
import { withAnnouncedEnds } from './announced-ends';
import { examineProviders } from './examine-providers';
import type { Finding } from './finding';
import { newerSchema } from './schema-finding';

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
    const lack = await lackOfSchema(dataSource);
    const isMigrated = (await schemaState(dataSource)).pending.length === 0;
    const rows = isMigrated ? await dataSource.getRepository(ModelProvider).findBy({ enabled: true }) : [];
    const taskQueue = config.TEMPORAL_TASK_QUEUE;
    const settings = isMigrated ? await dataSource.getRepository(WorkerSettings).findOneBy({ taskQueue }) : undefined;
    const state = lack
      ? { ok: false, detail: lack.what, advice: lack.advice }
      : { ok: true, detail: 'schema up to date', ...(await newerSchema(dataSource)) };
    return { postgres: { ...found, ...state }, providers: await providersOf(config, rows, settings?.serves?.adapters) };
  } catch (error) {
    const { type, message } = databaseUnreachable(error);
    const refused = type === 'Config.Invalid';
    const detail = refused ? 'a setting does not fit it' : reasonOf(error);
    const advice = refused ? message : adviceOnPostgres(error);
    return {
      postgres: { ...known, ok: false, detail, advice },
      providers: await providersOf(config, []),
    };
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

function providersOf(config: Config, rows: readonly ModelProvider[], adapters?: readonly string[]): Promise<Finding[]> {
  return withAnnouncedEnds(examineProviders(config, rows, adapters), config, rows);
}
