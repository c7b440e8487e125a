import { boundedLine, storable } from '../protocol';
import { UnusableOutput } from './definition';
import { valuesIn } from './json-spans';
import { tolerantJson } from './tolerant-json';

/** The JSON values that an answer may contain, and its repair, which throws `UnusableOutput` if it fails. */
export interface JsonInAnswer {
  /** One value if the answer contains nothing else; otherwise all values in their order. */
  readonly values: readonly unknown[];
  readonly fenced: readonly unknown[];
  readonly repair: () => unknown;
}

/**
 * Reads the JSON in a model's answer: also inside code fences, after leading prose, with trailing commas and the like.
 * Throws `UnusableOutput` if there is no JSON.
 */
export function readJson(answer: string): unknown {
  const { values, fenced, repair } = jsonIn(answer);
  const [first = fenced[0] ?? repair()] = values;
  return first;
}

export function jsonIn(answer: string): JsonInAnswer {
  const whole = parsed(answer.trim());
  const structured = (texts: readonly string[]) =>
    texts.flatMap((text) => parsed(text) ?? []).flatMap(({ value }) => (isStructure(value) ? [value] : []));
  return {
    values: whole ? [whole.value] : structured(valuesIn(answer)),
    fenced: whole ? [] : structured(fencesIn(answer)),
    repair: () => (whole ? whole.value : repaired(answer)),
  };
}

function isStructure(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function repaired(answer: string): unknown {
  const body = fencesIn(answer).find((text) => isClosed(text)) ?? spanOf(answer, '{', '}') ?? spanOf(answer, '[', ']');
  if (body === undefined) throw new UnusableOutput(['the answer holds no JSON object']);
  // A repaired half would pass for a whole.
  if (!isClosed(body)) throw new UnusableOutput(['the JSON ends before it is complete']);
  try {
    return withoutUnstorable(tolerantJson(body));
  } catch (error) {
    throw new UnusableOutput([`the answer is not valid JSON (${boundedLine((error as Error).message, 120)})`]);
  }
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text, storableOnly) as unknown };
  } catch {
    return undefined;
  }
}

/** The text between fences of three backticks, each on a line of its own or before the name of a language. */
function fencesIn(answer: string): string[] {
  const parts = answer.split('```');
  return parts
    .filter((_, i) => i % 2 === 1 && i < parts.length - 1)
    .map((part) => (/^[a-z0-9]{1,10}\s/i.test(part) ? part.slice(part.search(/\s/)) : part).trim())
    .filter((part) => part !== '');
}

function spanOf(answer: string, opens: string, closes: string): string | undefined {
  const start = answer.indexOf(opens);
  const end = answer.lastIndexOf(closes);
  return start >= 0 && end > start ? answer.slice(start, end + 1) : undefined;
}

/** Every bracket that opens outside of a string is closed again. */
function isClosed(json: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i += 1) {
    const character = json[i];
    if (inString) {
      if (character === '\\') i += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
  }
  return depth <= 0 && !inString;
}

/** An escaped NUL or half a character in a model's JSON carries no meaning, and cannot be stored. */
function storableOnly(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? storable(value) : value;
}

function withoutUnstorable(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(withoutUnstorable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutUnstorable(each)]));
}
