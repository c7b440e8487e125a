import type { Client } from '@temporalio/client';

/** Temporal answers in milliseconds, or it is away. */
const ANSWER_MS = 5_000;

/** A worker answers a query. After one was killed, Temporal asks another one only when the first has been silent for 10 s. */
const WORKER_ANSWER_MS = 20_000;

/** One call to Temporal, which would be repeated for much longer otherwise. */
export function briefly<T>(temporal: Client, call: () => Promise<T>): Promise<T> {
  return temporal.withDeadline(Date.now() + ANSWER_MS, call);
}

/** One call that Temporal passes on to a worker. */
export function untilWorkerAnswers<T>(temporal: Client, call: () => Promise<T>): Promise<T> {
  return temporal.withDeadline(Date.now() + WORKER_ANSWER_MS, call);
}
