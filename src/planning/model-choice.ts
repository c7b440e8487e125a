import type { DataSource } from 'typeorm';
import { readSecret, type Config } from '../config';
import { ModelProvider, type ProviderPrices } from '../entities';
import { StoryreelError } from '../protocol';
import { mayBeAsked, mayHoldKey } from '../trust';

export type ModelKind = ModelProvider['kind'];

/** The model that a lane is made with, and where it is asked. Nothing is opened yet, and no key has been read. */
export interface ModelChoice {
  readonly name: string;
  readonly model: string;
  readonly adapter: string;
  /** Absent where no provider of this kind is set: then the model's name is known, and it cannot be asked. */
  readonly baseUrl?: string;
  readonly jsonSchema: boolean;
  readonly prices: ProviderPrices;
  /** How it goes on from a text that was cut off. */
  readonly continuation: ModelProvider['continuation'];
  /** What it may think beyond the length of the answer that it is asked for, in tokens; 0 unless that is set. */
  readonly reasoningTokens: number;
  /** Throws `Provider.NotConfigured` where it cannot be read. */
  readonly key: () => string;
}

export interface PlanSource {
  readonly dataSource: DataSource;
  readonly config: Config;
}

/** The provider that the environment names; rows of `model_providers` come before it. */
const FROM_ENVIRONMENT = 'environment';

/** Some servers need no key, but the `openai` package insists on one. */
const NO_KEY = 'none';

const OPENAI = 'https://api.openai.com/v1';

/** With a name: the provider that holds a job already, as long as it is still known. */
export async function chooseModel(
  { dataSource, config }: PlanSource,
  kind: ModelKind,
  name?: string,
): Promise<ModelChoice> {
  const rows = await dataSource.getRepository(ModelProvider).find({
    where: { kind, enabled: true },
    order: { priority: 'ASC', weight: 'DESC', name: 'ASC' },
  });
  const row = rows.find((candidate) => candidate.name === name) ?? (name === FROM_ENVIRONMENT ? undefined : rows[0]);
  if (!row) return fromEnvironment(config, kind);
  return {
    name: row.name,
    model: row.model,
    adapter: row.adapter,
    baseUrl: row.baseUrl,
    jsonSchema: row.jsonSchema,
    prices: row.prices ?? {},
    continuation: row.continuation,
    reasoningTokens: wholeIn(row.settings, 'reasoningTokens'),
    key: () => keyOf(row, config),
  };
}

/** Throws `Provider.NotConfigured` where the row names what it must not, or what is not there. */
function keyOf({ name, baseUrl, apiKeyFrom }: ModelProvider, config: Config): string {
  if (!mayBeAsked(baseUrl, config)) {
    throw new StoryreelError(
      'Provider.NotConfigured',
      `Provider ${name} may not be asked: PROVIDER_HOSTS does not allow the host of its base_url.`,
    );
  }
  if (apiKeyFrom === null) return NO_KEY;
  if (mayHoldKey(apiKeyFrom, config)) return readSecret(apiKeyFrom);
  const setting = apiKeyFrom.startsWith('/') ? 'PROVIDER_KEY_FOLDER' : 'PROVIDER_KEY_VARIABLES';
  throw new StoryreelError(
    'Provider.NotConfigured',
    `Provider ${name} may not take its key from ${apiKeyFrom}: ${setting} does not allow it.`,
  );
}

/** What calls to the provider of this name cost; nothing where it is not known any more. */
export async function pricesOf({ dataSource, config }: PlanSource, name: string): Promise<ProviderPrices> {
  if (name === FROM_ENVIRONMENT) return environmentPrices(config);
  return (await dataSource.getRepository(ModelProvider).findOneBy({ name }))?.prices ?? {};
}

function wholeIn(settings: Readonly<Record<string, unknown>>, name: string): number {
  const value = settings[name];
  return Number.isInteger(value) && Number(value) > 0 ? Number(value) : 0;
}

function environmentPrices({ STORYREEL_PRICES: known = {} }: Config): ProviderPrices {
  return Object.fromEntries(Object.entries(known).filter(([, price]) => price !== undefined));
}

function fromEnvironment(config: Config, kind: ModelKind): ModelChoice {
  const { model, baseUrl, key } = placeOf(config, kind);
  return {
    name: FROM_ENVIRONMENT,
    model,
    adapter: 'openai',
    ...(baseUrl !== undefined && { baseUrl }),
    jsonSchema: config.STORYREEL_TEXT_JSON_SCHEMA,
    prices: environmentPrices(config),
    continuation: config.STORYREEL_TEXT_CONTINUATION,
    reasoningTokens: config.STORYREEL_REASONING_TOKENS,
    key: () => key ?? NO_KEY,
  };
}

function placeOf(config: Config, kind: ModelKind): { model: string; baseUrl?: string; key?: string } {
  switch (kind) {
    case 'text':
      return place(
        config.STORYREEL_TEXT_MODEL,
        config.OPENAI_BASE_URL ?? (config.OPENAI_API_KEY ? OPENAI : undefined),
        config.OPENAI_API_KEY,
      );
    case 'image':
      return place(config.STORYREEL_IMAGE_MODEL, config.STORYREEL_IMAGE_BASE_URL, config.STORYREEL_IMAGE_API_KEY);
    case 'video':
      return place(config.STORYREEL_VIDEO_MODEL, config.STORYREEL_VIDEO_BASE_URL, config.STORYREEL_VIDEO_API_KEY);
  }
}

function place(model: string, baseUrl: string | undefined, key: string | undefined) {
  return { model, ...(baseUrl !== undefined && { baseUrl }), ...(key !== undefined && { key }) };
}
