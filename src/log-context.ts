import { AsyncLocalStorage } from 'node:async_hooks';

/** The fields of every line that is logged during this work, by any part of the program. */
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

/** This failure has been logged: code that passes it on does not log it again. */
export function markLogged<E extends object>(error: E): E {
  logged.add(error);
  return error;
}

export function isLogged(error: unknown): boolean {
  return typeof error === 'object' && error !== null && logged.has(error);
}

const origins = new WeakMap<object, unknown>();

/** Temporal gets a short failure; the log has the original error. */
export function keepOrigin<E extends object>(failure: E, error: unknown): E {
  if (failure !== error) origins.set(failure, error);
  return failure;
}

/** The original error of the failure, or the failure itself. */
export function originOf(failure: unknown): unknown {
  return (typeof failure === 'object' && failure !== null && origins.get(failure)) || failure;
}
