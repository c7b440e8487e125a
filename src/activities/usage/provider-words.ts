import OpenAI from 'openai';
import { NotReady, ServerError } from '../../providers';
import { scrub } from '../../scrub';
import { unescaped } from '../../unescaped';

/** The most that is read of a provider's message; much less of it is kept. */
const MAX_READ = 2_000;
/** A run of letters and digits of this many bytes that the prompt also has is a quotation: about 20 characters. */
const QUOTED_BYTES = 16;
const QUOTE = '[…]';
/** A key that is not ours may be in them, as of a server behind the provider. */
const HEXADECIMAL = /\b[0-9a-f]{32,}\b/gi;

/**
 * The part of a provider's message that may be kept: without keys, and without quotations of what was sent. A quotation
 * is also found if it is escaped, spaced or in other capitals than the original.
 */
export function wordsOf(answered: string, sent: readonly string[]): string {
  const words = scrub(answered).replace(HEXADECIMAL, '[hidden]').slice(0, MAX_READ);
  return withoutQuotes(words, sent.map((text) => lettersOf(text).bytes).join('\0'));
}

/** For the rejection of a call to a provider: throws it again, with only what may be kept. */
export function withoutQuotesOf(...sent: readonly string[]): (error: unknown) => never {
  return (error) => {
    if (error instanceof OpenAI.APIError || error instanceof ServerError || error instanceof NotReady) {
      // The body that the package keeps has the same words.
      Object.assign(error, { message: wordsOf(error.message, sent), ...('error' in error && { error: undefined }) });
    }
    throw error;
  };
}

function withoutQuotes(words: string, sent: string): string {
  const { bytes, starts, ends } = lettersOf(words);
  let result = '';
  let kept = 0;
  for (let from = 0; from + QUOTED_BYTES <= bytes.length;) {
    let to = from + QUOTED_BYTES;
    if (!sent.includes(bytes.slice(from, to))) {
      from += 1;
      continue;
    }
    while (to < bytes.length && sent.includes(bytes.slice(from, to + 1))) to += 1;
    const [start = 0, end = 0] = [starts[from], ends[to - 1]];
    if (start >= kept) result += words.slice(kept, start) + QUOTE;
    kept = Math.max(kept, end);
    from = to;
  }
  return result + words.slice(kept);
}

interface Letters {
  /** UTF-8 of the letters and digits alone, in lower case and without escapes; a unit for each byte. */
  readonly bytes: string;
  /** For each byte, the position of its character in the text. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

function lettersOf(text: string): Letters {
  const layers = unescaped(text);
  const { text: plain, starts: from, ends: to } = layers[layers.length - 1] ?? { text, starts: [], ends: [] };
  let bytes = '';
  const starts: number[] = [];
  const ends: number[] = [];
  for (const { 0: letter, index } of plain.matchAll(/[\p{L}\p{N}]/gu)) {
    const own = Buffer.from(letter.toLowerCase()).toString('latin1');
    bytes += own;
    for (let i = 0; i < own.length; i++) {
      starts.push(from[index] ?? 0);
      ends.push(to[index + letter.length - 1] ?? text.length);
    }
  }
  return { bytes, starts, ends };
}
