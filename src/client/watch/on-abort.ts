interface Hub {
  readonly calls: Set<() => void>;
  readonly notify: () => void;
}

const hubs = new WeakMap<AbortSignal, Hub>();

/**
 * Calls `call` when the signal aborts, which has not happened yet. The returned function removes the call. The signal
 * has one listener, however many calls wait on it, as all watches of a client do. Node reports more than ten as a leak.
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  const hub = hubs.get(signal) ?? open(signal);
  const own = () => call();
  hub.calls.add(own);
  return () => {
    if (!hub.calls.delete(own) || hub.calls.size > 0) return;
    signal.removeEventListener('abort', hub.notify);
    if (hubs.get(signal) === hub) hubs.delete(signal);
  };
}

function open(signal: AbortSignal): Hub {
  const calls = new Set<() => void>();
  const notify = () => {
    for (const call of [...calls]) call();
  };
  const hub = { calls, notify };
  signal.addEventListener('abort', notify, { once: true });
  hubs.set(signal, hub);
  return hub;
}
