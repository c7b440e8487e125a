import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after so long, or when one of the signals fires. It leaves nothing behind at the signals. */
export async function sleepUnless(ending: readonly AbortSignal[], ms: number): Promise<void> {
  const patience = new AbortController();
  const leave = () => patience.abort();
  for (const signal of ending) signal.addEventListener('abort', leave, { once: true });
  if (!ending.some(({ aborted }) => aborted)) {
    await sleep(ms, undefined, { signal: patience.signal }).catch(() => undefined);
  }
  for (const signal of ending) signal.removeEventListener('abort', leave);
}
