/** An equal part of this length is no accident. */
const QUOTED_CHARACTERS = 24;
const MAX_DEPTH = 4;

/**
 * Whether a message repeats a text of the request. Any word in it may then come from the request, so nothing is learned
 * from it.
 */
export function quotesRequest(message: string, sent: unknown): boolean {
  return textsIn(sent, MAX_DEPTH).some((text) => {
    if (text.length < QUOTED_CHARACTERS) return false;
    const beginning = text.slice(0, QUOTED_CHARACTERS);
    return message.includes(beginning) || message.includes(JSON.stringify(beginning).slice(1, -1));
  });
}

function textsIn(value: unknown, depth: number): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth === 0) return [];
  return Object.values(value).flatMap((each) => textsIn(each, depth - 1));
}
