import type { DataSource } from 'typeorm';
import { answerOfPostgres, isReadOnly, schemaState, tablesWithoutRights } from '../entities';
import type { MediaStore } from '../storage';
import { adviceOnRedis } from '../stream';
import { reasonOf, type Lack } from './lack';

/** OpenSSL's and Node's names for a certificate that is not trusted, or is of another host. */
const UNTRUSTED = /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;

/** What a person should do if Postgres cannot be reached for this reason. */
export function adviceOnPostgres(error: unknown): string {
  const answer = answerOfPostgres(error);
  if (answer) return answer.advice;
  return UNTRUSTED.test(reasonOf(error))
    ? "Let sslrootcert in DATABASE_URL name the file of the CA that signed Postgres's certificate for this host."
    : 'Start Postgres, or correct DATABASE_URL.';
}

export async function lackOfSchema(dataSource: DataSource): Promise<Lack | undefined> {
  try {
    const { pending } = await schemaState(dataSource);
    if (pending.length > 0) {
      return { what: `${pending.length} migrations are pending in Postgres`, advice: 'Run "storyreel migrate".' };
    }
    if (await isReadOnly(dataSource)) {
      return {
        what: 'Postgres takes no writes: it is read-only',
        advice: 'Let DATABASE_URL name the primary server, and a role that may write.',
      };
    }
    const tables = await tablesWithoutRights(dataSource);
    if (tables.length === 0) return undefined;
    return {
      what: `the user in DATABASE_URL may not read and write the table ${tables[0]}`,
      advice: 'Let DATABASE_URL name the owner of the tables, or grant its user all rights to them.',
    };
  } catch (error) {
    return {
      what: `Postgres ${answerOfPostgres(error)?.what ?? 'does not answer'} (${reasonOf(error)})`,
      advice: adviceOnPostgres(error),
    };
  }
}

/** `write` rejects if Redis cannot be reached or takes no writes. */
export async function lackOfRedis(write: () => Promise<unknown>): Promise<Lack | undefined> {
  return write().then(
    () => undefined,
    (error: unknown) => ({ what: `Redis takes no writes (${reasonOf(error)})`, advice: adviceOnRedis(error) }),
  );
}

export async function lackOfMedia(store: MediaStore, place: string): Promise<Lack | undefined> {
  return store.probe().then(
    () => undefined,
    (error: Error) => ({ what: `no media can be stored in ${place} (${reasonOf(error)})`, advice: error.message }),
  );
}
