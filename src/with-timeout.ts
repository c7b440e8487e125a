/**
 * What the work gives, or `otherwise` where it gives nothing within `ms`. The work continues then, and nobody is told how it
 * ends: work that must be stopped needs a signal.
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
