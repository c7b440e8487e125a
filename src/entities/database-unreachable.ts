import { StoryreelError, unreachable } from '../protocol';

/** The answers of Postgres to a login: it was reached, and DATABASE_URL does not fit it. */
const REFUSALS = new Map([
  ['28P01', { what: 'refuses the login', check: 'the user and the password' }],
  ['28000', { what: 'refuses the login', check: 'the user' }],
  ['3D000', { what: 'has no such database', check: 'the database' }],
]);

/**
 * Why there is no connection to Postgres: `Config.Invalid` if Postgres refuses the settings, else
 * `Service.Unreachable`.
 */
export function databaseUnreachable(cause: unknown): StoryreelError {
  const { code } = (cause ?? {}) as { code?: unknown };
  const refusal = typeof code === 'string' ? REFUSALS.get(code) : undefined;
  if (!refusal) return unreachable('Postgres', 'DATABASE_URL', cause);
  const message = `Postgres ${refusal.what} (${String(code)}). Check ${refusal.check} in DATABASE_URL.`;
  return new StoryreelError('Config.Invalid', message, { cause });
}
