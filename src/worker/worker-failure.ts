import { IllegalStateError } from '@temporalio/common';
import { GracefulShutdownPeriodExpiredError } from '@temporalio/worker';
import { databaseFaultOf } from '../entities';
import { boundedLine, StoryreelError } from '../protocol';
import { isRefused, refusedByTemporal } from '../temporal';

const MAX_BYTES = 300;

/** The error of a worker as a `StoryreelError`. */
export function workerFailure(error: unknown, signal?: AbortSignal): StoryreelError {
  if (error instanceof StoryreelError) return error;
  if (signal?.aborted) {
    return new StoryreelError('Worker.ShuttingDown', 'A signal has ended the start of the worker.', { cause: error });
  }
  if (isRefused(error)) return refusedByTemporal(error);
  if (gaveWorkUp(error)) return new StoryreelError('Worker.ShuttingDown', GAVE_UP, { cause: error });
  const { message = '', name = typeof error } = (error ?? {}) as { message?: string; name?: string };
  const type = databaseFaultOf(error)?.kind === 'passing' ? 'Database.Unavailable' : 'Internal';
  const words = `The worker has failed (${name}): ${boundedLine(message, MAX_BYTES)}`;
  return new StoryreelError(type, words, { cause: error });
}

const GAVE_UP =
  'The worker has stopped, and gave up work that did not end in time. Another attempt of it begins by itself.';

/** Temporal's worker replaces the first of these errors with the second one, if an answer of the work is still out. */
function gaveWorkUp(error: unknown): boolean {
  if (error instanceof GracefulShutdownPeriodExpiredError) return true;
  return error instanceof IllegalStateError && error.message.startsWith('Worker still in use');
}
