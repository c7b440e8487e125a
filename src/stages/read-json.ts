import { jsonrepair } from 'jsonrepair';
import { UnusableOutput } from './definition';

/**
 * Reads the JSON in a model's answer: also inside code fences, after leading prose, with trailing commas and the like.
 * Throws `UnusableOutput` where there is none.
 */
export function readJson(answer: string): unknown {
  const candidates = [answer.trim(), fenced(answer), braced(answer)].filter((text) => text !== undefined);
  for (const text of candidates) {
    try {
      return JSON.parse(text);
    } catch {
      // The next candidate, or the repair below, may be readable.
    }
  }
  const body = braced(answer);
  if (body === undefined) throw new UnusableOutput(['the answer holds no JSON object']);
  try {
    return JSON.parse(jsonrepair(body));
  } catch (error) {
    throw new UnusableOutput([`the answer is not valid JSON (${(error as Error).message.slice(0, 120)})`]);
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
