const WORDS: Readonly<Record<string, unknown>> = {
  true: true,
  false: false,
  null: null,
  True: true,
  False: false,
  None: null,
  undefined: null,
  NaN: null,
  Infinity: null,
};
const CLOSES: Readonly<Record<string, string>> = {
  ...{ '"': '"', "'": "'", '“': '”', '‘': '’', '「': '」', '＂': '＂' },
};
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };
const DEEPEST = 100;

/**
 * Reads JSON with the mistakes that models make: too many or too few commas, and other or no quotation marks. It also
 * accepts comments, words without quotation marks, and line breaks or quotation marks within a text. An unclosed value is refused, because a part
 * would be taken for the whole. Each character is read once, so the time grows only with the length. Throws a
 * `SyntaxError` that states the place and quotes nothing.
 */
export function tolerantJson(text: string): unknown {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.space();
  return reader.at < text.length ? reader.fail() : value;
}

class Reader {
  at = 0;

  constructor(private readonly text: string) {}

  fail(): never {
    throw new SyntaxError(`it is not understood at character ${this.at}`);
  }

  value(depth: number): unknown {
    this.space();
    if (depth > DEEPEST) this.fail();
    const character = this.text[this.at] ?? '';
    if (character === '{') return this.object(depth);
    if (character === '[') return this.list(depth);
    if (CLOSES[character] !== undefined) return this.string(character);
    const word = this.word(/(?:(?!\/[/*]|#)[^,:{}[\]"“”\n\r])+/y);
    const number = Number(word);
    if (Object.hasOwn(WORDS, word)) return WORDS[word];
    if (/^[a-z_][\w-]{0,40}$|^\d{1,9}(?:\.\d{1,9})? ?[a-z]{1,12}$/i.test(word) && Number.isNaN(number)) return word;
    return word !== '' && !Number.isNaN(number) ? number : this.fail();
  }

  /** White space, comments. */
  space(): void {
    for (;;) {
      this.word(/\s+/y);
      if (this.text.startsWith('//', this.at) || this.text[this.at] === '#') this.skipPast('\n');
      else if (this.text.startsWith('/*', this.at)) this.skipPast('*/');
      else return;
    }
  }

  private object(depth: number): Readonly<Record<string, unknown>> {
    const entries: [string, unknown][] = [];
    this.at += 1;
    for (;;) {
      this.commas();
      const character = this.text[this.at] ?? '';
      if (character === '}') break;
      const name = CLOSES[character] === undefined ? this.word(/[\w$-]+/y) : this.string(character);
      this.space();
      if (name === '' || this.text[this.at] !== ':') this.fail();
      this.at += 1;
      entries.push([name, this.value(depth + 1)]);
    }
    this.at += 1;
    return Object.fromEntries(entries);
  }

  private list(depth: number): unknown[] {
    const values: unknown[] = [];
    this.at += 1;
    for (;;) {
      this.commas();
      if (this.text[this.at] === ']') break;
      values.push(this.value(depth + 1));
    }
    this.at += 1;
    return values;
  }

  private commas(): void {
    this.space();
    while (this.text[this.at] === ',') {
      this.at += 1;
      this.space();
    }
  }

  /** A quotation mark ends the text only if JSON continues after it. */
  private string(opens: string): string {
    const closes = CLOSES[opens] ?? opens;
    const parts: string[] = [];
    let from = (this.at += 1);
    for (; this.at < this.text.length; this.at += 1) {
      const character = this.text[this.at];
      if (character === '\\') {
        parts.push(this.text.slice(from, this.at), this.escape());
        from = this.at + 1;
      } else if (character === closes && this.endsHere()) {
        parts.push(this.text.slice(from, this.at));
        this.at += 1;
        return parts.join('');
      }
    }
    return this.fail();
  }

  private escape(): string {
    const sign = this.text[(this.at += 1)] ?? '';
    if (sign !== 'u') return ESCAPES[sign] ?? sign;
    const digits = this.text.slice(this.at + 1, this.at + 5);
    if (!/^[0-9a-f]{4}$/i.test(digits)) return sign;
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private endsHere(): boolean {
    const behind = /\s*/y;
    behind.lastIndex = this.at + 1;
    behind.test(this.text);
    const next = this.text[behind.lastIndex] ?? '';
    // The comma may be missing if the next line begins with a name.
    const isNext = next === '"' && this.text.slice(this.at + 1, behind.lastIndex).includes('\n');
    return isNext || ',:}]/'.includes(next);
  }

  private word(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [word = ''] = pattern.exec(this.text) ?? [];
    this.at += word.length;
    return word.trim();
  }

  private skipPast(end: string): void {
    const found = this.text.indexOf(end, this.at);
    this.at = found < 0 ? this.text.length : found + end.length;
  }
}
