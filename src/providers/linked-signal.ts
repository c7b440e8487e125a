export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** The signal stops following its parent. The owner calls this when the work has ended. */
  readonly release: () => void;
}

/**
 * A signal for one piece of work, which aborts with the first of its parents, for the same reason. A parent that lives on
 * keeps nothing of it once it is released, however many listeners the work has left on it. `AbortSignal.any` would: Node 20
 * keeps for ever what that makes, as long as somebody listens there, and the `openai` package never stops.
 */
export function linkSignals(...parents: readonly AbortSignal[]): LinkedSignal {
  const own = new AbortController();
  const abort = () => own.abort(parents.find(({ aborted }) => aborted)?.reason);
  if (parents.some(({ aborted }) => aborted)) abort();
  else for (const parent of parents) parent.addEventListener('abort', abort, { once: true });
  return {
    signal: own.signal,
    release: () => {
      for (const parent of parents) parent.removeEventListener('abort', abort);
    },
  };
}

/** Runs the work with its own signal, which follows the parent as long as the work takes. */
export async function withOwnSignal<T>(parent: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal, release } = linkSignals(parent);
  try {
    return await work(signal);
  } finally {
    release();
  }
}
