import type { DataSource } from 'typeorm';
import { isReadOnly, pendingMigrations } from '../entities';
import type { MediaStore } from '../storage';
import { reasonOf, type Lack } from './lack';

export async function lackOfSchema(dataSource: DataSource): Promise<Lack | undefined> {
  try {
    const pending = await pendingMigrations(dataSource);
    if (pending.length > 0) {
      return { what: `${pending.length} migrations are pending in Postgres`, advice: 'Run "storyreel migrate".' };
    }
    if (!(await isReadOnly(dataSource))) return undefined;
    return {
      what: 'Postgres takes no writes: it is read-only',
      advice: 'Let DATABASE_URL name the primary server, and a role that may write.',
    };
  } catch (error) {
    return {
      what: `Postgres does not answer (${reasonOf(error)})`,
      advice: 'Start Postgres, or correct DATABASE_URL.',
    };
  }
}

/** `write` rejects where Redis cannot be reached or takes no writes. */
export async function lackOfRedis(write: () => Promise<unknown>): Promise<Lack | undefined> {
  return write().then(
    () => undefined,
    (error: unknown) => ({
      what: `Redis takes no writes (${reasonOf(error)})`,
      advice: 'Start Redis or Valkey, let REDIS_URL name the one that takes writes, or let its user write.',
    }),
  );
}

export async function lackOfMedia(store: MediaStore, folder: string): Promise<Lack | undefined> {
  return store.probe().then(
    () => undefined,
    (error: Error) => ({ what: `no media can be stored in ${folder} (${reasonOf(error)})`, advice: error.message }),
  );
}
