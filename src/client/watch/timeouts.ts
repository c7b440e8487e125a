/** Why a wait has ended without an answer. */
export class Aborted extends Error {}

/** The result of the promise; throws `Aborted` as soon as the signal aborts. The work behind the promise continues. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(new Aborted());
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    const over = () => signal.removeEventListener('abort', abort);
    promise.finally(over).then(resolve, reject);
  });
}

/**
 * True if the promise resolved in time, false if it did not, or rejected. If a signal is given, it may throw `Aborted`.
 */
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
