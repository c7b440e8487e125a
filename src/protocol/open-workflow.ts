/** What Temporal calls a workflow that has ended; its SDK's names. */
const ENDED: readonly string[] = ['COMPLETED', 'CANCELLED', 'FAILED', 'TERMINATED', 'TIMED_OUT'];

/**
 * Whether a workflow of this status goes on: one that runs, one that an operator has paused in Temporal, and one that is
 * about to continue as new. What this version does not know counts as open, because nothing may be closed or removed that lives.
 */
export function isOpen(status: string): boolean {
  return !ENDED.includes(status);
}
