/** Why a wait has ended without an answer. */
export class Aborted extends Error {}

/** What the promise gives; throws `Aborted` as soon as the signal says so. The work behind the promise goes on. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(new Aborted());
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    const over = () => signal.removeEventListener('abort', abort);
    promise.finally(over).then(resolve, reject);
  });
}

/** True when the promise resolved in time, false when it did not, or rejected. Throws `Aborted` where a signal is given. */
export async function settlesWithin(promise: Promise<unknown>, ms: number, signal?: AbortSignal): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  const settled = promise.then(
    () => true,
    () => false,
  );
  const first = Promise.race([settled, late]);
  return (signal ? untilAborted(first, signal) : first).finally(() => clearTimeout(timer));
}
