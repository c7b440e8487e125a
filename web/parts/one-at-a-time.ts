/**
 * Runs `work` one at a time. Whoever calls while it runs gets the next run, which begins after the call. So no answer is
 * older than its call, and no older answer replaces a newer one. `work` must not reject.
 */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let last = Promise.resolve();
  let next: Promise<void> | undefined;
  const begin = () => {
    next = undefined;
    return work();
  };
  return () => (next ??= last = last.then(begin));
}
