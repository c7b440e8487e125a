import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchView } from '../batch/batches';

const LOOK_MS = 500;

/**
 * The status of a batch now and at each change, until the batch has ended. Ends without an error if one of the signals
 * aborts.
 */
export async function* watchBatch(
  status: () => Promise<BatchView>,
  ending: readonly AbortSignal[],
): AsyncGenerator<BatchView, void, undefined> {
  const hasEnded = () => ending.some(({ aborted }) => aborted);
  let last = '';
  while (!hasEnded()) {
    const view = await status().catch((error: unknown) => {
      if (hasEnded()) return undefined;
      throw error;
    });
    if (!view) return;
    const now = JSON.stringify(view);
    if (now !== last) yield view;
    last = now;
    if (!view.running) return;
    await sleepUnless(ending);
  }
}

/** Leaves nothing behind at the signals. */
async function sleepUnless(ending: readonly AbortSignal[]): Promise<void> {
  const patience = new AbortController();
  const leave = () => patience.abort();
  for (const signal of ending) signal.addEventListener('abort', leave, { once: true });
  await sleep(LOOK_MS, undefined, { signal: patience.signal }).catch(() => undefined);
  for (const signal of ending) signal.removeEventListener('abort', leave);
}
