const LEAST_MS = 1_000;
const MOST_MS = 30_000;

/** How long to wait before the next attempt: from 1 to 30 seconds, doubled each time, 50 % more or less. */
export function backoffMs(failures: number, random = Math.random): number {
  const base = Math.min(LEAST_MS * 2 ** Math.min(failures, 10), MOST_MS);
  return base * (0.5 + random());
}

/** Resolves after so long, or when the signal fires. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
