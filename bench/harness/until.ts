import { setTimeout as sleep } from 'node:timers/promises';

/** Asks every 50 ms until the answer is yes. Resolves false when it was not within `timeoutMs`. */
export async function until(timeoutMs: number, look: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!(await look())) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}
