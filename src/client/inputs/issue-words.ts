import type { z } from 'zod';

/** A reader needs no more unknown fields than these. */
const MAX_UNKNOWN = 3;
const MAX_CHARACTERS = 60;
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
};

/** What is wrong, in words, where the schema has none of its own; undefined for the words of zod. */
export function issueWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownFields(issue.keys, fieldsOf(issue.inst));
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return bounded(issue.origin, 'at least', issue.minimum);
    case 'too_big':
      return bounded(issue.origin, 'at most', issue.maximum);
    default:
      return undefined;
  }
}

/** A sentence of its own, because the path of the issue is that of the object. */
function unknownFields(given: readonly string[], known: readonly string[]): string {
  const shown = given.slice(0, MAX_UNKNOWN).map((name) => JSON.stringify(name.slice(0, MAX_CHARACTERS)));
  const names = `${shown.join(', ')}${given.length > MAX_UNKNOWN ? ' and more' : ''}`;
  return `There is no ${names} here. ${known.length > 0 ? `There are ${known.join(', ')}` : 'It takes nothing'}`;
}

function fieldsOf(schema: unknown): readonly string[] {
  const { shape } = (schema ?? {}) as { readonly shape?: object };
  return Object.keys(shape ?? {});
}

function bounded(origin: string, bound: string, most: number | bigint): string {
  if (origin === 'string') return `must have ${bound} ${most} characters`;
  return `must ${origin === 'array' ? 'have' : 'be'} ${bound} ${most}`;
}
