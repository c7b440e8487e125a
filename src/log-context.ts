import { AsyncLocalStorage } from 'node:async_hooks';

/** What every line has that is logged while this work goes on, whoever logs it. */
export type LogFields = Readonly<Record<string, string | number>>;

const current = new AsyncLocalStorage<LogFields>();

/** Adds to what is known around it. */
export function withLogFields<T>(fields: LogFields, work: () => T): T {
  return current.run({ ...current.getStore(), ...fields }, work);
}

export function logFields(): LogFields {
  return current.getStore() ?? {};
}

const logged = new WeakSet<object>();

/** This failure has its line: whoever passes it on writes none. */
export function markLogged<E extends object>(error: E): E {
  logged.add(error);
  return error;
}

export function isLogged(error: unknown): boolean {
  return typeof error === 'object' && error !== null && logged.has(error);
}

const origins = new WeakMap<object, unknown>();

/** Temporal is told in few words what went wrong; the log has all of it. */
export function keepOrigin<E extends object>(failure: E, error: unknown): E {
  if (failure !== error) origins.set(failure, error);
  return failure;
}

/** What the failure was made of, or itself. */
export function originOf(failure: unknown): unknown {
  return (typeof failure === 'object' && failure !== null && origins.get(failure)) || failure;
}
