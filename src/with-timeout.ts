/**
 * Returns the result of `work`, or `otherwise` if there is none within `ms`. After a timeout the work continues, and its result
 * or error is ignored: work that must be stopped needs a signal.
 */
export async function withTimeout<T, Otherwise>(
  work: Promise<T>,
  ms: number,
  otherwise: Otherwise,
): Promise<T | Otherwise> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Otherwise>((resolve) => (timer = setTimeout(() => resolve(otherwise), ms)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
