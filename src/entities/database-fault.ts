/** Providers' connections have error classes of their own, so that a bare one is Postgres'. */
const LOST_CONNECTION = new Set([
  'POOL_USED_UP',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
]);
const LOST_WORDS =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Query read timeout|timeout expired)/;
/** A connection that was lost between two statements has taken the transaction with it. */
const LOST_BETWEEN = new Set([
  'QueryRunnerAlreadyReleasedError',
  'QueryRunnerProviderAlreadyReleasedError',
  'TransactionNotStartedError',
  'CannotConnectAlreadyConnectedError',
]);

/** All connections were in use for long: those who have them wait for something, or too many ask at a time. */
export class PoolUsedUp extends Error {
  readonly code = 'POOL_USED_UP';

  constructor(size: number, waitMs: number, cause: unknown) {
    super(
      `All ${size} connections to Postgres were in use until the timeout of ${waitMs / 1000} s. Set DATABASE_POOL_SIZE higher, or ask for less at a time.`,
      { cause },
    );
  }
}

/**
 * A fault of Postgres, or of the connection to it. `passing`: the same statement may succeed later. `refused`: the
 * values cannot be stored, so the statement is refused each time. `other`: unknown. The code is an SQLSTATE or one of a
 * socket.
 */
export interface DatabaseFault {
  readonly kind: 'passing' | 'refused' | 'other';
  readonly code?: string;
}

/** Undefined if the error does not come from the database. */
export function databaseFaultOf(error: unknown): DatabaseFault | undefined {
  const code = codeOf(error);
  if (!isOfDatabase(error, code)) return undefined;
  const passes = isPassing(code) || endsTheSession(error);
  return { kind: passes ? 'passing' : isRefused(code) ? 'refused' : 'other', ...(code && { code }) };
}

/** The code of the error itself, or of the driver's error in it. */
export function codeOf(error: unknown): string | undefined {
  const { code, driverError } = (error ?? {}) as { code?: unknown; driverError?: { code?: unknown } };
  const found = driverError?.code ?? code;
  return typeof found === 'string' ? found : undefined;
}

function isOfDatabase(error: unknown, code: string | undefined): boolean {
  const { name, message, severity } = (error ?? {}) as { name?: string; message?: string; severity?: unknown };
  if (name === 'QueryFailedError' || LOST_BETWEEN.has(name ?? '')) return true;
  // Postgres' own errors have a severity; others may have a code that only looks like an SQLSTATE.
  return LOST_WORDS.test(message ?? '') || LOST_CONNECTION.has(code ?? '') || typeof severity === 'string';
}

/**
 * SQLSTATE classes for a lost connection, missing resources, an operator's stop, a lost race and a failing system. Also
 * those of a server, or a lock, that takes no write now.
 */
function isPassing(code: string | undefined): boolean {
  // EPIPE has the form of an SQLSTATE.
  if (code === undefined || LOST_CONNECTION.has(code)) return true;
  return !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57|58|40|25006|55P03)/.test(code);
}

/** Whatever its code: it is about the server, and about no statement. */
function endsTheSession(error: unknown): boolean {
  const { severity, driverError } = (error ?? {}) as { severity?: unknown; driverError?: { severity?: unknown } };
  return /^(FATAL|PANIC)$/.test(String(driverError?.severity ?? severity));
}

/** SQLSTATEs of a value that cannot be stored, or does not fit its table. */
function isRefused(code: string | undefined): boolean {
  return code !== undefined && /^(22|54|23(001|502|503|514)$)/.test(code);
}
