import type { ValueTransformer } from 'typeorm';
import type { ProviderPrices } from './model-provider.entity';
import type { ModelUsage } from './model-usage.entity';

/** The prices that a call of this kind needs and the provider's row lacks. A price of 0 is one. */
export function missingPrices(
  prices: { readonly [Name in keyof ProviderPrices]: number | undefined },
  unit: ModelUsage['unit'],
): string[] {
  switch (unit) {
    case 'token':
      return (['inputPerMillion', 'outputPerMillion'] as const).filter((name) => prices[name] === undefined);
    case 'image':
      return prices.perImage === undefined ? ['perImage'] : [];
    // Some charge for the length of a clip and some for the clip: either is the whole price.
    case 'second':
      return prices.perSecond === undefined && prices.perVideo === undefined ? ['perSecond or perVideo'] : [];
  }
}

/**
 * Prices in a column of `jsonb`, which operators write by hand. What is no amount, such as a null or a text, is not set.
 * As a number it would make a call free, or its cost unreadable.
 */
export const pricesColumn: ValueTransformer = {
  to: (value: ProviderPrices | null | undefined) => value,
  from: (value: unknown): ProviderPrices | null => {
    if (typeof value !== 'object' || value === null) return null;
    return Object.fromEntries(
      Object.entries(value).filter(([, price]) => Number.isFinite(price) && Number(price) >= 0),
    );
  },
};
