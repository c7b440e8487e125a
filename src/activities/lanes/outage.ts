import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { mayBeCharged } from '../usage/call-cost';
import { classify, type StageFailure } from './stage-failure';

const FIRST_PAUSE_MS = 200;

/** Whether the failure cost nothing and ends without our help: a service is away, or takes no write now. */
export function isOutage(error: unknown): boolean {
  switch (classify(error).type) {
    case 'Database.Unavailable':
    case 'Stream.Unavailable':
      return true;
    case 'Media.Unavailable':
      return !isMissing(error);
    case 'Provider.Unavailable':
      // The request was never sent.
      return error instanceof OpenAI.APIConnectionError && !mayBeCharged(error);
    default:
      return false;
  }
}

/** One file is not there, which no wait brings back; the store is. */
function isMissing(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } };
  return cause?.code === 'ENOENT';
}

export interface OutageOptions {
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  readonly mostPauseMs: number;
  /** By `performance.now()`. An attempt that would wait longer fails, and the next attempt continues to wait. */
  readonly deadline: number;
  /** Called with what is waited for as it begins or changes, and with undefined when it is over. */
  readonly onWait: (failure: StageFailure | undefined) => void;
}

/**
 * Waits for the end of an outage within an attempt, whose fence, claim and paid result stay valid. An outage of any
 * length therefore costs nothing twice, uses up no attempt, and leaves nothing in the history of the run.
 */
export class OutageWait {
  private waitsFor: string | undefined;

  constructor(private readonly options: OutageOptions) {}

  /** Repeats work that may be repeated as long as it ends in an outage. A pause that the other side asks for is kept. */
  async through<T>(work: () => Promise<T>, isFree: (error: unknown) => boolean = isOutage): Promise<T> {
    const { signal, mostPauseMs, deadline } = this.options;
    for (let growingMs = Math.min(FIRST_PAUSE_MS, mostPauseMs); ; growingMs = Math.min(2 * growingMs, mostPauseMs)) {
      try {
        const result = await work();
        this.report(undefined);
        return result;
      } catch (error) {
        if (signal.aborted || !isFree(error)) throw error;
        const failure = classify(error);
        const { retryAfterMs: pauseMs = growingMs } = failure;
        if (performance.now() + pauseMs > deadline) throw error;
        this.report(failure);
        await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }

  private report(failure: StageFailure | undefined): void {
    if (failure?.message === this.waitsFor) return;
    this.waitsFor = failure?.message;
    this.options.onWait(failure);
  }
}
