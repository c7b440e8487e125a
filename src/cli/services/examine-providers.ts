import { shownAddress } from '../../address';
import { readSecret, type Config } from '../../config';
import { missingPrices, type ModelProvider, type ProviderPrices } from '../../entities';
import { ADAPTERS, mayBeAsked, mayHoldKey } from '../../trust';
import type { Finding } from './finding';

type Kind = ModelProvider['kind'];
type Prices = { readonly [Name in keyof ProviderPrices]: number | undefined };

const UNITS = { text: 'token', image: 'image', video: 'second' } as const;

/** A provider of each kind, from the database or from the environment. */
export function examineProviders(
  config: Config,
  rows: readonly ModelProvider[],
  /** Adapters of packages, as the workers have announced them. */
  more: readonly string[] = [],
): Finding[] {
  const adapters = [...ADAPTERS, ...more];
  const text = config.OPENAI_BASE_URL ?? (config.OPENAI_API_KEY === undefined ? undefined : 'the OpenAI API');
  const given = (kind: Kind, address: string | undefined, model: string, setting: string): Finding => {
    const own = rows.filter((row) => row.kind === kind);
    if (own.length > 0) return examineRows(config, kind, own, adapters);
    if (address === undefined) {
      const advice = `Set ${setting}, or add a row to model_providers.`;
      return { service: kind, ok: false, detail: 'no provider', advice };
    }
    const advice = adviceOnPrices('STORYREEL_PRICES', kind, config.STORYREEL_PRICES ?? {});
    return { service: kind, ok: true, address: shownAddress(address), detail: `model ${model}`, ...advice };
  };
  return [
    given('text', text, config.STORYREEL_TEXT_MODEL, 'OPENAI_BASE_URL or OPENAI_API_KEY'),
    given('image', config.STORYREEL_IMAGE_BASE_URL, config.STORYREEL_IMAGE_MODEL, 'STORYREEL_IMAGE_BASE_URL'),
    given('video', config.STORYREEL_VIDEO_BASE_URL, config.STORYREEL_VIDEO_MODEL, 'STORYREEL_VIDEO_BASE_URL'),
  ];
}

function examineRows(config: Config, kind: Kind, rows: readonly ModelProvider[], adapters: readonly string[]): Finding {
  const known = {
    service: kind,
    detail: `configured in model_providers: ${rows.map(({ name }) => name).join(', ')}`,
  };
  for (const { name, baseUrl, apiKeyFrom, adapter } of rows) {
    if (!adapters.includes(adapter)) {
      const advice = `${name} names the adapter ${adapter}, which nobody serves. There is: ${adapters.join(', ')}.`;
      return { ...known, ok: false, advice };
    }
    if (!mayBeAsked(baseUrl, config)) {
      return { ...known, ok: false, advice: `PROVIDER_HOSTS does not allow the base_url of ${name}.` };
    }
    if (apiKeyFrom !== null && !mayHoldKey(apiKeyFrom, config)) {
      const setting = apiKeyFrom.startsWith('/') ? 'PROVIDER_KEY_FOLDER' : 'PROVIDER_KEY_VARIABLES';
      return { ...known, ok: false, advice: `${setting} does not allow ${apiKeyFrom}, which ${name} names.` };
    }
    const absent = apiKeyFrom === null ? undefined : lackOfKey(apiKeyFrom);
    if (absent !== undefined) return { ...known, ok: false, advice: `${absent} The provider ${name} needs it.` };
  }
  const half = rows.map(({ name, prices }) => adviceOnPrices(name, kind, prices ?? {})).find((advice) => advice.advice);
  return { ...known, ok: true, ...half };
}

/** Read as a worker reads it, in the environment of this command. */
function lackOfKey(from: string): string | undefined {
  try {
    readSecret(from);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** If no price is set, nobody counts money, and there is no advice. */
function adviceOnPrices(name: string, kind: Kind, prices: Prices): Pick<Finding, 'advice'> {
  const missing = missingPrices(prices, UNITS[kind]);
  const isHalf = kind === 'text' && missing.length === 1;
  if (!isHalf) return {};
  return {
    advice: `${name} lacks ${missing.join(', ')}: its calls have no cost, and no project with a budget makes them.`,
  };
}
