import { pause } from '../../protocol/viewer';
import type { BatchView } from '../batch/batches';

const POLL_MS = 500;

/**
 * The status of a batch now and at each change, until the batch has ended. Ends without an error if one of the signals
 * aborts.
 */
export async function* watchBatch(
  begin: () => { readonly status: () => Promise<BatchView>; readonly signal?: AbortSignal },
  leaving: readonly AbortSignal[],
): AsyncGenerator<BatchView, void, undefined> {
  const { status, signal } = begin();
  const ending = signal ? [...leaving, signal] : leaving;
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
    await pause(POLL_MS, ...ending);
  }
}
