import { z } from 'zod';
import { isBlank, storable, utf8Bytes, type BrokenRule } from '../../protocol';

/** The refusals state their rule beside their sentence. */
export const EMPTY = { error: 'must not be empty', params: { broken: { rule: 'empty' } satisfies BrokenRule } };
const tooLong = (most: number) => ({
  error: `must be at most ${most} bytes long`,
  params: { broken: { rule: 'too_many_bytes', most } satisfies BrokenRule },
});

/** A text of a person, without what cannot be stored and white space at its ends. */
export function words(mostBytes: number) {
  return z
    .string('must be a text')
    .meta({ minLength: 1, maxLength: mostBytes, pattern: '\\S' })
    .transform((value) => storable(value).trim())
    .refine((value) => !isBlank(value), EMPTY)
    .refine((value) => utf8Bytes(value) <= mostBytes, tooLong(mostBytes));
}

/** The same, which may be empty: then it counts as not given. */
export function wordsOrNone(mostBytes: number) {
  return z
    .string('must be a text')
    .meta({ maxLength: mostBytes })
    .transform((value) => storable(value).trim())
    .refine((value) => utf8Bytes(value) <= mostBytes, tooLong(mostBytes))
    .transform((value) => (isBlank(value) ? undefined : value))
    .optional();
}
