/**
 * An iterator that its reader can leave at any time. `return` takes effect at once, also while the answer to `next` is
 * awaited; a plain async generator would wait for that answer. Every error leaves as `failureOf` gives it. `begin` gets
 * the signal of the leaving, which must end whatever the iterator waits for.
 */
export function leavable<T>(
  begin: (leaving: AbortSignal) => AsyncGenerator<T, void, undefined>,
  failureOf: (error: unknown) => Error,
): AsyncGenerator<T, void, undefined> {
  const leaving = new AbortController();
  const { signal } = leaving;
  const inner = begin(signal);
  const next = inner.next.bind(inner);
  const end = inner.return.bind(inner);
  const over = (): IteratorResult<T, void> => ({ done: true, value: undefined });
  const leave = () => {
    leaving.abort();
    // Its own end comes with the answer that is awaited now, for which nobody waits any more.
    end().catch(() => undefined);
  };
  return Object.assign(inner, {
    next: async () => {
      try {
        const result = signal.aborted ? over() : await next();
        return signal.aborted ? over() : result;
      } catch (error) {
        if (signal.aborted) return over();
        throw failureOf(error);
      }
    },
    return: async () => {
      leave();
      return over();
    },
    throw: async (error: unknown) => {
      leave();
      throw error;
    },
  });
}
