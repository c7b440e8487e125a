/** An answer with more values than this is no list of scenes. */
const MOST_VALUES = 2_000;

/** So many brackets that nothing closes are taken for prose. */
const MOST_OPEN = 20;

/**
 * The spans of a text that may be JSON objects and lists, one after the other, each from its bracket to the one that closes
 * it. What is between brackets and no JSON is passed over whole; behind a bracket that looks like JSON and is not closed
 * there is nothing, because its parts would pass for the whole.
 */
export function valuesIn(text: string): string[] {
  const spans: string[] = [];
  let open = 0;
  for (let at = 0; at < text.length && spans.length < MOST_VALUES && open < MOST_OPEN; at += 1) {
    const character = text[at];
    if (character !== '{' && character !== '[') continue;
    const isJson = opensJson(text, at);
    const end = endOf(text, at);
    if (end === undefined) {
      if (isJson) break;
      open += 1;
      continue;
    }
    if (isJson) spans.push(text.slice(at, end + 1));
    at = end;
  }
  return spans;
}

/** A name or the end follows in an object, and a value or the end in a list. */
function opensJson(text: string, at: number): boolean {
  let next = at + 1;
  // So much white space is in no JSON of a model; a text of white space must not be looked through again and again.
  while (next < at + 200 && /\s/.test(text[next] ?? '')) next += 1;
  const follows = text[next] ?? '';
  return text[at] === '{' ? follows === '"' || follows === '}' : /["{[\]\d-]/.test(follows);
}

function endOf(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let i = start; i < text.length; i += 1) {
    const character = text[i];
    if (inString) {
      if (character === '\\') i += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  return undefined;
}
