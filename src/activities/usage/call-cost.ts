import OpenAI from 'openai';
import { missingPrices, type ProviderPrices } from '../../entities';
import { StoryreelError } from '../../protocol';
import { isWithinAnswer, NotSent, type ChatMessage } from '../../providers';

/** What one call used, in the units that its provider charges for. */
export type Amount =
  | { readonly unit: 'token'; readonly input: number; readonly output: number }
  | { readonly unit: 'image' | 'second'; readonly units: number };

/**
 * The fewest bytes of UTF-8 per token, on the average of a text. Plain ASCII has four. Other text has two: one token
 * for an accented letter, three for two Chinese characters, and two for an emoji.
 */
const BYTES_PER_TOKEN = { ascii: 4, other: 2 };

/** A piece of a stream is one token as a rule, and some providers send several in one. */
const MAX_IN_TOKEN = 3;

/** Estimates a text's tokens if nobody has counted them; rather too many than too few. */
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

/** Estimates the tokens of a piece of a stream if nobody has counted them. */
export function tokensInPiece(piece: string): number {
  const tokens = tokensIn(piece);
  return tokens <= MAX_IN_TOKEN ? 1 : tokens;
}

export function bytesOf(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
}

/** Null if the cost is not known, because a price that such a call needs is missing. */
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

/** Zero, in the same unit. */
export function noneOf({ unit }: Amount): Amount {
  return unit === 'token' ? { unit, input: 0, output: 0 } : { unit, units: 0 };
}

/** With these codes the connection was never made. */
const NEVER_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/**
 * Whether a call that ended with this error may be charged. A refused call (any HTTP error) is not, and neither is a
 * call that never reached the provider. If it cannot be known, as after a lost answer, the call counts as charged.
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
