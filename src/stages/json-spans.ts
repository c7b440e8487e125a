/** An answer with more values than this is no list of scenes. */
const MAX_VALUES = 2_000;

/** If this many brackets are not closed, the text counts as prose. */
const MAX_OPEN = 20;

/**
 * The spans of a text that may be JSON objects and lists, each from its bracket to the closing one. A bracketed span
 * that is not JSON is skipped as a whole. After a bracket that looks like JSON and is not closed, no span is returned,
 * because a part would be taken for the whole.
 */
export function valuesIn(text: string): string[] {
  const spans: string[] = [];
  let open = 0;
  for (let at = 0; at < text.length && spans.length < MAX_VALUES && open < MAX_OPEN; at += 1) {
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
  // A model's JSON never has this much white space; a text of white space must not be searched again and again.
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
