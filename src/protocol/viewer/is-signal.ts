/** Whether it can be used as an `AbortSignal`. Throws what a getter of it throws. */
export function isSignal(value: unknown): boolean {
  const signal = (value ?? {}) as Readonly<Record<string, unknown>>;
  const kinds = ['aborted', 'addEventListener', 'removeEventListener'].map((name) => typeof signal[name]);
  return kinds.join() === 'boolean,function,function';
}
