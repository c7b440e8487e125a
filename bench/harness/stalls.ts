const SPIN_MS = 3_000;
const MIN_STALL_MS = 1;

/** How long a program that never waits is not run by the machine: a share of the time, and at most, in milliseconds. */
export function stalls(): { readonly share: number; readonly longestMs: number } {
  const end = performance.now() + SPIN_MS;
  let [stalled, longestMs] = [0, 0];
  for (let last = performance.now(); last < end;) {
    const now = performance.now();
    if (now - last >= MIN_STALL_MS) stalled += now - last;
    longestMs = Math.max(longestMs, now - last);
    last = now;
  }
  return { share: stalled / SPIN_MS, longestMs };
}
