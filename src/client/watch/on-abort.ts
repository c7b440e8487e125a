interface Hub {
  readonly calls: Set<() => void>;
  readonly tell: () => void;
}

const hubs = new WeakMap<AbortSignal, Hub>();

/**
 * Calls when the signal aborts, which it has not done yet. Call what it gives to be called no more. However many wait on
 * one signal, as all watches of a client do on its end, the signal has one listener: Node takes more than ten for a leak.
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  const hub = hubs.get(signal) ?? open(signal);
  const own = () => call();
  hub.calls.add(own);
  return () => {
    if (!hub.calls.delete(own) || hub.calls.size > 0) return;
    signal.removeEventListener('abort', hub.tell);
    if (hubs.get(signal) === hub) hubs.delete(signal);
  };
}

function open(signal: AbortSignal): Hub {
  const calls = new Set<() => void>();
  const tell = () => {
    for (const call of [...calls]) call();
  };
  const hub = { calls, tell };
  signal.addEventListener('abort', tell, { once: true });
  hubs.set(signal, hub);
  return hub;
}
