import type { ValueTransformer } from 'typeorm';
import type { EventError } from '../protocol';
import { readError } from '../protocol/viewer';

const DAMAGED: EventError = {
  type: 'Failure.Unknown',
  message: 'The failure that is stored here cannot be read.',
  retryable: false,
};

/**
 * The failure in a column of `jsonb`, which an operator, a restore or a newer release may have written. One that cannot
 * be read does not hide the rest of the row.
 */
export function storedError(value: unknown): EventError | null {
  if (value === null || value === undefined) return null;
  try {
    return readError(value);
  } catch {
    return DAMAGED;
  }
}

/** Reads a column of an entity that holds a failure. */
export const errorColumn: ValueTransformer = { to: (value: EventError | null | undefined) => value, from: storedError };

/** A list of texts in a column of `jsonb`; what is no text is left out. */
export const textsColumn: ValueTransformer = {
  to: (value: readonly string[] | undefined) => value,
  from: (value: unknown) => (Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []),
};

/** An object in a column of `jsonb`; anything else reads as one without fields. */
export const recordColumn: ValueTransformer = {
  to: (value: Readonly<Record<string, unknown>> | undefined) => value,
  from: (value: unknown) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}),
};
