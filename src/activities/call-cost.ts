import OpenAI from 'openai';
import type { ProviderPrices } from '../entities';
import { NotSent, type ChatMessage } from '../providers';

/** What one call used, in what its provider charges for. */
export type Amount =
  | { readonly unit: 'token'; readonly input: number; readonly output: number }
  | { readonly unit: 'image' | 'second'; readonly units: number };

/** A text's tokens, where nobody says how many: four bytes of UTF-8 each. */
const BYTES_PER_TOKEN = 4;

export function tokensIn(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

export function bytesOf(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
}

/** Null where the provider's row has no price for this kind of call. A price of 0 is one. */
export function costOf(prices: ProviderPrices, amount: Amount): number | null {
  switch (amount.unit) {
    case 'token': {
      const { inputPerMillion, outputPerMillion } = prices;
      if (inputPerMillion === undefined && outputPerMillion === undefined) return null;
      return (amount.input * (inputPerMillion ?? 0) + amount.output * (outputPerMillion ?? 0)) / 1_000_000;
    }
    case 'image':
      return prices.perImage === undefined ? null : amount.units * prices.perImage;
    case 'second': {
      const { perSecond, perVideo } = prices;
      if (perSecond === undefined && perVideo === undefined) return null;
      return amount.units === 0 ? 0 : amount.units * (perSecond ?? 0) + (perVideo ?? 0);
    }
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
  if (error instanceof OpenAI.APIConnectionTimeoutError) return true;
  if (error instanceof OpenAI.APIConnectionError) {
    if (error.cause instanceof NotSent) return false;
    const { code } = (error.cause ?? {}) as { code?: string };
    return code === undefined || !NEVER_REACHED.has(code);
  }
  return !(error instanceof OpenAI.APIError) || error.status === undefined;
}
