import { StoryreelError, unreachable } from '../protocol';
import { codeOf } from './database-fault';

interface Answer {
  /** `Config.Invalid` if only another setting mends it. */
  readonly type: 'Config.Invalid' | 'Service.Unreachable';
  readonly what: string;
  readonly advice: string;
}

/** The answers of a Postgres that was reached, by SQLSTATE, if a person has to do something about them. */
const ANSWERS: ReadonlyMap<string | undefined, Answer> = new Map([
  invalid('28P01', 'refuses the login', 'Check the user and the password in DATABASE_URL.'),
  invalid('28000', 'refuses the login', 'Check the user in DATABASE_URL.'),
  invalid('3D000', 'has no such database', 'Check the database in DATABASE_URL.'),
  invalid(
    '42501',
    'refuses a right',
    'Let DATABASE_URL name the owner of the tables, or grant its user all rights to them.',
  ),
  passing('53300', 'has no connection left', 'Raise max_connections, lower DATABASE_POOL_SIZE, or use a pooler.'),
  passing('25006', 'takes no writes', 'Let DATABASE_URL name the primary server, and a role that may write.'),
  passing(
    '57014',
    'has ended a statement that took too long',
    'Another session may hold a lock: look at pg_stat_activity.',
  ),
]);

/** What Postgres has answered, and what to do; undefined for an error that needs nothing but a Postgres that is there. */
export function answerOfPostgres(error: unknown): Answer | undefined {
  return ANSWERS.get(codeOf(error));
}

/** Why Postgres cannot be used: `Config.Invalid` if it refuses the settings, else `Service.Unreachable`. */
export function databaseUnreachable(cause: unknown): StoryreelError {
  const answer = answerOfPostgres(cause);
  if (!answer) return unreachable('Postgres', 'DATABASE_URL', cause);
  return new StoryreelError(answer.type, `Postgres ${answer.what} (${codeOf(cause)}). ${answer.advice}`, { cause });
}

function invalid(code: string, what: string, advice: string): [string, Answer] {
  return [code, { type: 'Config.Invalid', what, advice }];
}

function passing(code: string, what: string, advice: string): [string, Answer] {
  return [code, { type: 'Service.Unreachable', what, advice }];
}
