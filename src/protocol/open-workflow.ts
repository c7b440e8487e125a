/** The statuses of a workflow that has ended, as Temporal's SDK names them. */
const ENDED: readonly string[] = ['COMPLETED', 'CANCELLED', 'FAILED', 'TERMINATED', 'TIMED_OUT'];

/**
 * True if a workflow of this status has not ended: it runs, it is paused in Temporal, or it is about to continue as
 * new. An unknown status counts as open, because nothing that lives may be closed or removed.
 */
export function isOpen(status: string): boolean {
  return !ENDED.includes(status);
}
