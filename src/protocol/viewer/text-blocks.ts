import { utf8Bytes } from '../outside-text';

/** A piece of a text that a page can show as one element. `bytes` is its length in UTF-8. */
export interface TextBlock {
  readonly text: string;
  readonly bytes: number;
}

/** A block takes no more once it is this long, in UTF-16 units: a browser lays out only the newest block again. */
const BLOCK_UNITS = 400;

/** A growing text in blocks, addressed by bytes of UTF-8. Every change replaces only the blocks that it touches. */
export class TextBlocks {
  private list: TextBlock[] = [];
  private total = 0;
  private isSealed = false;

  constructor(text = '') {
    this.add(text);
  }

  get blocks(): readonly TextBlock[] {
    return this.list;
  }

  /** The length of the whole text, in bytes of UTF-8. */
  get bytes(): number {
    return this.total;
  }

  toString(): string {
    return this.list.map(({ text }) => text).join('');
  }

  add(text: string): void {
    for (let from = 0; from < text.length;) {
      const last = this.list.at(-1);
      const open = last && last.text.length < BLOCK_UNITS && !this.isSealed ? last : undefined;
      this.isSealed = false;
      const end = wholeEnd(text, from + BLOCK_UNITS - (open?.text.length ?? 0));
      const piece = text.slice(from, end);
      const bytes = utf8Bytes(piece);
      if (open) this.list[this.list.length - 1] = { text: joined(open.text, piece), bytes: open.bytes + bytes };
      else this.list.push({ text: piece, bytes });
      this.total += bytes;
      from = end;
    }
  }

  /** What is added next begins a block of its own, so that a page can mark the place. */
  seal(): void {
    this.isSealed = true;
  }

  /** Keeps the first `bytes` bytes. Returns false, and changes nothing, if that is no character boundary. */
  cut(bytes: number): boolean {
    if (bytes > this.total || bytes < 0) return false;
    let before = 0;
    let at = 0;
    for (let block = this.list[at]; block && before + block.bytes <= bytes; block = this.list[at]) {
      before += block.bytes;
      at += 1;
    }
    const rest = bytes - before;
    const kept = rest === 0 ? '' : firstOf(this.list[at]?.text ?? '', rest);
    if (kept === undefined) return false;
    this.list = this.list.slice(0, at);
    if (kept !== '') this.list.push({ text: kept, bytes: rest });
    this.total = bytes;
    return true;
  }
}

/** The text without its first `bytes` bytes; undefined if no character begins there. */
export function withoutFirst(text: string, bytes: number): string | undefined {
  const first = firstOf(text, bytes);
  return first === undefined ? undefined : text.slice(first.length);
}

function firstOf(text: string, bytes: number): string | undefined {
  let end = 0;
  let seen = 0;
  while (seen < bytes && end < text.length) {
    const units = (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
    seen += utf8Bytes(text.slice(end, end + units));
    end += units;
  }
  return seen === bytes ? text.slice(0, end) : undefined;
}

/**
 * Engines keep a sum of texts as a tree of its parts, which takes several times the memory of the text. A block that takes no more
 * is copied into one text.
 */
function joined(text: string, piece: string): string {
  return text.length + piece.length < BLOCK_UNITS ? text + piece : [text, piece].join('');
}

/** `end`, or `end + 1` if `end` would split a character. */
function wholeEnd(text: string, end: number): number {
  return (text.codePointAt(end - 1) ?? 0) > 0xffff ? end + 1 : end;
}
