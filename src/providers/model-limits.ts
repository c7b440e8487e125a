import OpenAI from 'openai';
import { nearestSize, sizeOption, type SizeOption } from './frame-size';
import { learnSeconds, learnSizes, type Rule } from './reported-limits';
import { quotesRequest } from './quoted-request';

/** The order to a model: the size as it is sent and, for a clip, its seconds. */
export interface Order {
  readonly size: string;
  readonly seconds?: number;
}

export interface Wanted {
  /** `WIDTHxHEIGHT`. */
  readonly size: string;
  readonly seconds?: number;
}

/** The limits of the model in the provider's row, if there are any. */
export interface GivenLimits {
  readonly sizes?: readonly string[];
  readonly seconds?: readonly number[];
}

/** Learned in this process, by provider and model. */
const learned = new Map<string, Rule>();
const MAX_LEARNED = 1_000;

/**
 * The sizes and lengths that a model offers. If the wanted one is not offered, the nearest larger one is ordered, and
 * the result is cut to what was wanted. The provider's row may state them; others are learned from a refusal, which is
 * not paid.
 */
export class ModelLimits {
  private readonly key: string;
  private readonly given: Rule;

  constructor({ baseUrl, model }: { readonly baseUrl: string; readonly model: string }, given: GivenLimits = {}) {
    this.key = `${baseUrl}\0${model}`;
    this.given = {
      ...(given.sizes && { sizes: options(given.sizes) }),
      ...(given.seconds && { seconds: given.seconds }),
    };
  }

  order({ size, seconds }: Wanted): Order {
    const rule = this.rule;
    return {
      size: sizeBy(rule, size),
      ...(seconds !== undefined && { seconds: secondsBy(rule, seconds) }),
    };
  }

  /** Whether a refusal has taught something by which the order would be another one. */
  learn(error: unknown, wanted: Wanted, prompt = ''): boolean {
    if (!(error instanceof OpenAI.APIError) || (error.status !== 400 && error.status !== 422)) return false;
    const { param, message } = error as { param?: unknown; message: string };
    if (typeof param !== 'string' && quotesRequest(message, prompt)) return false;
    const about = typeof param === 'string' ? param : undefined;
    const before = this.order(wanted);
    const option = sizeOption(wanted.size);
    const sizes = option && meant(about, message, SIZE) ? learnSizes(message, before.size, option) : undefined;
    const seconds =
      !sizes && before.seconds !== undefined && meant(about, message, SECONDS)
        ? learnSeconds(message, before.seconds)
        : undefined;
    if (!sizes && !seconds) return false;
    const known = this.rule;
    if (learned.size >= MAX_LEARNED) learned.clear();
    learned.set(this.key, { ...known, ...sizes, ...seconds });
    const after = this.order(wanted);
    if (after.size !== before.size || after.seconds !== before.seconds) return true;
    learned.set(this.key, known);
    return false;
  }

  private get rule(): Rule {
    return { ...this.given, ...learned.get(this.key) };
  }
}

const SIZE = {
  names: /size|resolution|ratio|width|height|pixel/i,
  words: /\bsizes?\b|resolution|aspect|pixels|\d{3,4}\s?[x*×]\s?\d{3,4}|width|height/i,
};
const SECONDS = { names: /second|duration|length/i, words: /\bseconds?\b|duration|\blength\b/i };

function meant(param: string | undefined, message: string, { names, words }: typeof SIZE): boolean {
  return param === undefined ? words.test(message) : names.test(param);
}

function options(sizes: readonly string[]): SizeOption[] {
  return sizes.flatMap((size) => sizeOption(size) ?? []);
}

function sizeBy({ sizes, multipleOf = 1, leastPixels = 0 }: Rule, size: string): string {
  const wanted = sizeOption(size);
  if (!wanted) return size;
  if (sizes && sizes.length > 0) return nearestSize(wanted, sizes)?.value ?? size;
  if (multipleOf === 1 && leastPixels === 0) return size;
  const { width, height } = wanted;
  const grow = Math.max(1, Math.sqrt(leastPixels / (width * height)));
  const up = (length: number) => Math.ceil((length * grow) / multipleOf - 1e-9) * multipleOf;
  return `${up(width)}x${up(height)}`;
}

function secondsBy({ seconds, leastSeconds = 0, mostSeconds = Infinity, wholeSeconds }: Rule, wanted: number): number {
  if (seconds && seconds.length > 0) {
    const sorted = [...seconds].sort((a, b) => a - b);
    return sorted.find((each) => each >= wanted - 1e-9) ?? sorted.at(-1) ?? wanted;
  }
  const whole = wholeSeconds ? Math.ceil(wanted - 1e-9) : wanted;
  return Math.min(Math.max(whole, leastSeconds), mostSeconds);
}
