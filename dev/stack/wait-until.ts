import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks `condition` again until it holds; false when `boundMs` have passed. The signal ends the wait with its reason.
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { boundMs, everyMs = 20, signal }: { boundMs: number; everyMs?: number; signal?: AbortSignal | undefined },
): Promise<boolean> {
  const end = performance.now() + boundMs;
  for (;;) {
    signal?.throwIfAborted();
    if (await condition()) return true;
    if (performance.now() >= end) return false;
    await sleep(everyMs);
  }
}
