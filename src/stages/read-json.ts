import { jsonrepair } from 'jsonrepair';
import { boundedLine, storable } from '../protocol';
import { UnusableOutput } from './definition';

/**
 * Reads the JSON in a model's answer: also inside code fences, after leading prose, with trailing commas and the like.
 * Throws `UnusableOutput` where there is none.
 */
export function readJson(answer: string): unknown {
  const candidates = [answer.trim(), fenced(answer), braced(answer)].filter((text) => text !== undefined);
  for (const text of candidates) {
    try {
      return JSON.parse(text, storableOnly);
    } catch {
      // The next candidate, or the repair below, may be readable.
    }
  }
  const body = braced(answer);
  if (body === undefined) throw new UnusableOutput(['the answer holds no JSON object']);
  // A repaired half would pass for a whole.
  if (!isClosed(body)) throw new UnusableOutput(['the JSON ends before it is complete']);
  try {
    return JSON.parse(jsonrepair(body), storableOnly);
  } catch (error) {
    throw new UnusableOutput([`the answer is not valid JSON (${boundedLine((error as Error).message, 120)})`]);
  }
}

function fenced(answer: string): string | undefined {
  return /```(?:json)?\s*\n([\s\S]*?)\n?\s*```/i.exec(answer)?.[1]?.trim();
}

function braced(answer: string): string | undefined {
  const start = answer.indexOf('{');
  const end = answer.lastIndexOf('}');
  return start >= 0 && end > start ? answer.slice(start, end + 1) : undefined;
}

/** Every bracket that opens outside of a string is closed again. */
function isClosed(json: string): boolean {
  let depth = 0;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]|"/gs)) {
    if (token === '"') return false;
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
  }
  return depth <= 0;
}

/** An escaped NUL or half a character in a model's JSON carries no meaning, and cannot be stored. */
function storableOnly(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? storable(value) : value;
}
