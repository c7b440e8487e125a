/** A longer text may be the model's or the prompt's, of which nothing is quoted. */
const LONGEST_WORD = 24;
const MOST = { characters: 120, members: 6, depth: 3 };

/** The form of an answer, without the texts in it: `{"event":"token","value":"…"}`. */
export function outlineOf(value: unknown): string {
  const outline = JSON.stringify(shortened(value, MOST.depth));
  return outline.length > MOST.characters ? `${outline.slice(0, MOST.characters)}…` : outline;
}

function shortened(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return /^[\w.:/-]*$/.test(value) && value.length <= LONGEST_WORD ? value : '…';
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, 1).map((each) => shortened(each, depth - 1));
  const members = Object.entries(value).slice(0, MOST.members);
  return Object.fromEntries(members.map(([name, each]) => [String(shortened(name, 0)), shortened(each, depth - 1)]));
}
