import { IllegalStateError } from '@temporalio/common';
import { GracefulShutdownPeriodExpiredError } from '@temporalio/worker';
import { boundedLine, StoryreelError } from '../protocol';
import { databaseFaultOf } from '../entities';
import { isRefused, refusedByTemporal } from '../temporal';
import type { WorkerExtras } from './run-worker';

const MOST_BYTES = 300;

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const has = (value: unknown, ...names: readonly string[]) =>
  isObject(value) && names.every((name) => typeof value[name] === 'function');
/** A hole in the list is an item as well; `every` alone would leave it out. */
const listOf = (value: unknown, fits: (item: unknown) => boolean) =>
  Array.isArray(value) && Array.from<unknown>(value).every(fits);
const isText = (value: unknown) => typeof value === 'string';

/** What each of them must be, where it is given. */
const EXTRAS: Readonly<
  Record<keyof WorkerExtras, { readonly fits: (value: unknown) => boolean; readonly rule: string }>
> = {
  signal: {
    fits: (value) => has(value, 'addEventListener', 'removeEventListener', 'throwIfAborted'),
    rule: 'must be an AbortSignal',
  },
  connection: { fits: isObject, rule: 'must be a NativeConnection of @temporalio/worker' },
  payloadCodecs: {
    fits: (value) => listOf(value, (codec) => has(codec, 'encode', 'decode')),
    rule: 'must be a list of payload codecs',
  },
  stages: { fits: (value) => listOf(value, isStage), rule: 'must be a list of stages' },
  providers: {
    fits: (value) => isObject(value) && Object.values(value).every(isObject),
    rule: 'must be adapters by their names',
  },
  activities: {
    fits: (value) => isObject(value) && Object.values(value).every((each) => typeof each === 'function'),
    rule: 'must be functions by their names',
  },
};

/** Throws `Config.Invalid` with the name of the option that is wrong. */
export function readExtras(given: WorkerExtras): WorkerExtras {
  try {
    const read: Record<string, unknown> = {};
    if (!isObject(given)) throw invalid('they must be an object');
    for (const [name, { fits, rule }] of Object.entries(EXTRAS)) {
      const value = given[name];
      if (value === undefined) continue;
      if (!fits(value)) throw invalid(`"${name}" ${rule}`);
      read[name] = value;
    }
    return read;
  } catch (error) {
    throw error instanceof StoryreelError ? error : invalid('one of them cannot be read', error);
  }
}

/** What a worker has met, as a `StoryreelError`. */
export function workerFailure(error: unknown, signal?: AbortSignal): StoryreelError {
  if (error instanceof StoryreelError) return error;
  if (signal?.aborted) {
    return new StoryreelError('Worker.ShuttingDown', 'A signal has ended the start of the worker.', { cause: error });
  }
  if (isRefused(error)) return refusedByTemporal(error);
  if (gaveWorkUp(error)) return new StoryreelError('Worker.ShuttingDown', GAVE_UP, { cause: error });
  const { message = '', name = typeof error } = (error ?? {}) as { message?: string; name?: string };
  const type = databaseFaultOf(error)?.kind === 'passing' ? 'Database.Unavailable' : 'Internal';
  const words = `The worker has failed (${name}): ${boundedLine(message, MOST_BYTES)}`;
  return new StoryreelError(type, words, { cause: error });
}

const GAVE_UP =
  'The worker has stopped, and gave up work that did not end in time. Another attempt of it begins by itself.';

/** Temporal's worker replaces the first of these errors with the second one, if an answer of the work is still out. */
function gaveWorkUp(error: unknown): boolean {
  if (error instanceof GracefulShutdownPeriodExpiredError) return true;
  return error instanceof IllegalStateError && error.message.startsWith('Worker still in use');
}

function isStage(value: unknown): boolean {
  if (!isObject(value) || !isText(value['name']) || !listOf(value['needs'], isText)) return false;
  return value['without'] === undefined || listOf(value['without'], isText);
}

function invalid(why: string, cause?: unknown): StoryreelError {
  return new StoryreelError('Config.Invalid', `The options of the worker cannot be taken: ${why}.`, { cause });
}
