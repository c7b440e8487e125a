import OpenAI from 'openai';
import { missingPrices, type ProviderPrices } from '../../entities';
import { StoryreelError } from '../../protocol';
import { isWithinAnswer, NotSent, type ChatMessage } from '../../providers';

/** What one call used, in what its provider charges for. */
export type Amount =
  | { readonly unit: 'token'; readonly input: number; readonly output: number }
  | { readonly unit: 'image' | 'second'; readonly units: number };

/**
 * Bytes of UTF-8 that a token has at the least, on the average of a text: four of plain ASCII; two of everything else, which
 * is a token for an accented letter, three for two Chinese characters, and two for an emoji.
 */
const BYTES_PER_TOKEN = { ascii: 4, other: 2 };

/** A piece of a stream is one token as a rule, and some providers send several in one. */
const MOST_IN_TOKEN = 3;

/** A text's tokens, where nobody says how many. Rather too many than too few. */
export function tokensIn(...texts: readonly string[]): number {
  let ascii = 0;
  let other = 0;
  for (const text of texts) {
    const bytes = Buffer.byteLength(text);
    // Every character that is not ASCII has at least two bytes, and one or two units.
    const plain = bytes === text.length ? bytes : text.replace(/[^\0-\x7f]/g, '').length;
    ascii += plain;
    other += bytes - plain;
  }
  return Math.ceil(ascii / BYTES_PER_TOKEN.ascii + other / BYTES_PER_TOKEN.other);
}

/** The tokens of a piece of a stream, where nobody says how many. */
export function tokensInPiece(piece: string): number {
  const reckoned = tokensIn(piece);
  return reckoned <= MOST_IN_TOKEN ? 1 : reckoned;
}

export function bytesOf(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
}

/** Null where it is not known: a price that such a call needs is missing. */
export function costOf(prices: ProviderPrices, amount: Amount): number | null {
  if (missingPrices(prices, amount.unit).length > 0) return null;
  const { inputPerMillion = 0, outputPerMillion = 0, perImage = 0, perSecond = 0, perVideo = 0 } = prices;
  switch (amount.unit) {
    case 'token':
      return (amount.input * inputPerMillion + amount.output * outputPerMillion) / 1_000_000;
    case 'image':
      return amount.units * perImage;
    case 'second':
      return amount.units === 0 ? 0 : amount.units * perSecond + perVideo;
  }
}

/** Nothing, in the same unit. */
export function noneOf({ unit }: Amount): Amount {
  return unit === 'token' ? { unit, input: 0, output: 0 } : { unit, units: 0 };
}

/** With these the connection was never made. */
const NEVER_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/**
 * Whether a call that ended so may have to be paid: a refused one (any HTTP error) is not, nor one that never reached the
 * provider. Where it cannot be known, as after a lost answer, it counts as paid.
 */
export function mayBeCharged(error: unknown): boolean {
  // An answer of something else than a provider, such as a web page.
  if (error instanceof StoryreelError && error.type === 'Provider.NotFound') return false;
  if (isWithinAnswer(error)) return true;
  if (error instanceof OpenAI.APIConnectionTimeoutError) return true;
  if (error instanceof OpenAI.APIConnectionError) {
    if (error.cause instanceof NotSent) return false;
    const { code } = (error.cause ?? {}) as { code?: string };
    return code === undefined || !NEVER_REACHED.has(code);
  }
  return !(error instanceof OpenAI.APIError) || error.status === undefined;
}
