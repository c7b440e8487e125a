const LEAST_MS = 1_000;
const MAX_MS = 30_000;

/** How long to wait before the next attempt: from 1 to 30 seconds, doubled each time, 50 % more or less. */
export function backoffMs(failures: number, random = Math.random): number {
  const base = Math.min(LEAST_MS * 2 ** Math.min(failures, 10), MAX_MS);
  return base * (0.5 + random());
}

/** Resolves after so long, or when one of the signals fires. It leaves nothing behind at the signals. */
export function pause(ms: number, ...ending: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    if (ending.some(({ aborted }) => aborted)) return resolve();
    const end = () => {
      clearTimeout(timer);
      for (const signal of ending) signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    for (const signal of ending) signal.addEventListener('abort', end);
  });
}
