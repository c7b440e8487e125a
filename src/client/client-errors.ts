import { NamespaceNotFoundError, ServiceError } from '@temporalio/client';
import { databaseFaultOf, isUnmigrated, PoolUsedUp } from '../entities';
import { boundedLine, StoryreelError, TEXT_BYTES, unreachable } from '../protocol';
import { noNamespace } from '../readiness';
import { refusedByTemporal } from '../temporal';

/** gRPC's codes for a server that is not there, or answers too late. */
const AWAY: readonly unknown[] = [1, 4, 14];
/** gRPC's RESOURCE_EXHAUSTED. */
const LIMITED = 8;
/** The gRPC codes of a server that refuses our credentials. */
const REFUSED: readonly unknown[] = [7, 16];

/** Whatever the client has met, as a `StoryreelError`. */
export function storyreelError(error: unknown): StoryreelError {
  if (error instanceof StoryreelError) return error;
  if (isAway(error)) return unreachable('Temporal', 'TEMPORAL_ADDRESS', messageOnly(error));
  if (grpcCodeOf(error) === LIMITED) return limited(messageOnly(error));
  if (error instanceof NamespaceNotFoundError) {
    const { what, advice } = noNamespace(error.namespace);
    return new StoryreelError('Config.Invalid', `${what}. ${advice}`, { cause: error });
  }
  if (error instanceof PoolUsedUp) return new StoryreelError('Service.Unreachable', error.message, { cause: error });
  if (REFUSED.includes(grpcCodeOf(error))) return refusedByTemporal(messageOnly(error));
  if (isUnmigrated(error)) {
    const message = 'Postgres has not the tables of this version. Run "storyreel migrate".';
    return new StoryreelError('Database.NotMigrated', message, { cause: error });
  }
  const fault = databaseFaultOf(error);
  if (fault?.kind === 'passing') return unreachable('Postgres', 'DATABASE_URL', error);
  if (fault?.kind === 'refused') {
    return new StoryreelError('Database.Refused', `Postgres refused a statement (${fault.code ?? 'no code'}).`, {
      cause: error,
    });
  }
  const name = error instanceof Error ? error.name : typeof error;
  return new StoryreelError('Internal', `Unexpected ${name}; its cause has the details.`, { cause: error });
}

function limited(cause: Error): StoryreelError {
  const why = boundedLine(cause.message, TEXT_BYTES.note);
  return new StoryreelError(
    'Service.Unreachable',
    `Temporal is there, and takes no more calls now (${why}). Try again in a moment. If it lasts, raise the limits of the namespace.`,
    { cause },
  );
}

/** Whatever the work meets leaves as a `StoryreelError`. */
export async function onlyOurs<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storyreelError(error);
  }
}

export function closedError(cause?: unknown): StoryreelError {
  return new StoryreelError('Client.Closed', 'This client is closed. Connect another one.', { cause });
}

/** Temporal, or who should answer through it, has not answered. */
export function isAway(error: unknown): boolean {
  return AWAY.includes(grpcCodeOf(error));
}

/** Temporal's client wraps the gRPC error. */
function grpcCodeOf(error: unknown): unknown {
  const { cause, code } = (error ?? {}) as { cause?: unknown; code?: unknown };
  if (error instanceof ServiceError) return (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'number' ? code : undefined;
}

/** Only the message of the innermost cause; its code is a number without meaning for the reader. */
function messageOnly(error: unknown): Error {
  const { cause } = error as Error;
  const inner = cause instanceof Error ? cause : (error as Error);
  return new Error(inner.message, { cause: error });
}
