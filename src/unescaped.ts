/** A text without its escapes, and the position of each of its units in the original text. */
export interface Unescaped {
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** JSON in JSON in a URL is as deep as anything gets. */
const DEEPEST = 3;

/** One character, or what JSON, Python and URLs write for one. */
const WRITTEN = new RegExp(
  [
    String.raw`\\u(?:\{([0-9a-f]{1,6})\}|([0-9a-f]{4}))`,
    String.raw`\\x([0-9a-f]{2})`,
    String.raw`(%[0-7][0-9a-f]|%[cd][0-9a-f]%[89ab][0-9a-f]|%e[0-9a-f](?:%[89ab][0-9a-f]){2}|%f[0-7](?:%[89ab][0-9a-f]){3})`,
    String.raw`\\([nrtbf"'\\/])`,
    '[^]',
  ].join('|'),
  'gi',
);
const SPACES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** The text as it is, and without one layer of escapes after the other, as long as there are any. */
export function unescaped(text: string): Unescaped[] {
  const units = Array.from({ length: text.length }, (_, i) => i);
  const layers: Unescaped[] = [{ text, starts: units, ends: units.map((at) => at + 1) }];
  while (layers.length <= DEEPEST) {
    const last = layers[layers.length - 1];
    if (!last || !/[%\\]/.test(last.text)) break;
    const next = withoutOneLayer(last);
    if (next.text === last.text) break;
    layers.push(next);
  }
  return layers;
}

function withoutOneLayer({ text, starts, ends }: Unescaped): Unescaped {
  const own: { text: string; starts: number[]; ends: number[] } = { text: '', starts: [], ends: [] };
  for (const match of text.matchAll(WRITTEN)) {
    const [whole, braced, unicode, byte, url, sign] = match;
    const code = Number.parseInt(braced ?? unicode ?? byte ?? '', 16);
    const character = url
      ? Buffer.from(url.replaceAll('%', ''), 'hex').toString()
      : code <= 0x10ffff
        ? String.fromCodePoint(code)
        : (SPACES[sign?.toLowerCase() ?? ''] ?? sign ?? whole);
    own.text += character;
    for (let i = 0; i < character.length; i++) {
      own.starts.push(starts[match.index] ?? 0);
      own.ends.push(ends[match.index + whole.length - 1] ?? 0);
    }
  }
  return own;
}
