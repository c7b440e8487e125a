import type { Client } from '@temporalio/client';

/** Temporal answers in milliseconds, or it is away. */
const ANSWER_MS = 5_000;

/** One call to Temporal, which would be repeated for much longer otherwise. */
export function briefly<T>(temporal: Client, call: () => Promise<T>): Promise<T> {
  return temporal.withDeadline(Date.now() + ANSWER_MS, call);
}
