import type { EntityManager } from 'typeorm';
import { readSecret, type Config } from '../config';
import { ModelProvider, type ModelSetting, type ProviderPrices, type RunSettings } from '../entities';
import { defined, StoryreelError } from '../protocol';
import type { StageRegistry } from '../stages';
import { ADAPTERS, mayBeAsked, mayHoldFiles, mayHoldKey } from '../trust';

export type ModelKind = ModelProvider['kind'];

/** The model and the provider of a lane. No connection is open yet, and no key has been read. */
export interface ModelChoice {
  readonly name: string;
  readonly model: string;
  readonly adapter: string;
  /** Absent if no provider of this kind is set: the model's name is known, but it cannot be asked. */
  readonly baseUrl?: string;
  readonly jsonSchema: boolean;
  readonly prices: ProviderPrices;
  /** For a repeated key, the provider neither makes nor charges anything again. */
  readonly honoursKey: boolean;
  /** Whether its files may be fetched from this host although its address is private. */
  readonly mayHoldFiles: (host: string) => boolean;
  /** The sizes and lengths of the model in the provider's row. */
  readonly limits?: { readonly sizes?: readonly string[]; readonly seconds?: readonly number[] };
  /** All of its row's settings, for an adapter that has some of its own. */
  readonly options: Readonly<Record<string, unknown>>;
  /** How the provider continues a text that was cut off. */
  readonly continuation: ModelProvider['continuation'];
  /** The tokens that the model may think beyond the length of the ordered answer; 0 by default. */
  readonly reasoningTokens: number;
  /** Throws `Provider.NotConfigured` if the key cannot be read. */
  readonly key: () => string;
  /** Whether it is asked with a key that this process has. */
  readonly keyed: () => boolean;
  /** The choice of the run, if this is that choice: this process may not be able to ask the model. */
  readonly kept?: ModelSetting;
}

export interface PlanSource {
  /** The data source, or a transaction. */
  readonly dataSource: { readonly manager: EntityManager };
  readonly config: Config;
  /** The settings of the planned run, if it has any. */
  readonly settings?: RunSettings;
  /** The stages that this process knows; by default ours. */
  readonly stages?: StageRegistry;
  /** The adapters that this process has beside ours. */
  readonly adapters?: readonly string[];
}

/** Whether this process can speak to a server of this kind. */
export function hasAdapter({ adapters = [] }: Pick<PlanSource, 'adapters'>, adapter: string): boolean {
  return ADAPTERS.includes(adapter) || adapters.includes(adapter);
}

/** The provider that the environment names; rows of `model_providers` come before it. */
const FROM_ENVIRONMENT = 'environment';

/** Some servers need no key, but the `openai` package insists on one. */
const NO_KEY = 'none';

const OPENAI = 'https://api.openai.com/v1';

/** The model that the run has chosen. */
export async function chooseModel({ dataSource, config, settings }: PlanSource, kind: ModelKind): Promise<ModelChoice> {
  const rows = await enabledRows(dataSource.manager, kind);
  const kept = settings?.models[kind];
  if (kept) return keptChoice(config, kind, kept, rows);
  return rows[0] ? fromRow(rows[0], config) : fromEnvironment(config, kind);
}

/** The provider that holds a job already, even if it gets no new ones: no other provider knows the job. */
export async function chooseHolder(
  { dataSource, config }: PlanSource,
  kind: ModelKind,
  name: string,
): Promise<ModelChoice> {
  if (name === FROM_ENVIRONMENT) return fromEnvironment(config, kind);
  const row = await dataSource.manager.findOneBy(ModelProvider, { kind, name });
  if (row) return fromRow(row, config);
  throw new StoryreelError(
    'Provider.NotConfigured',
    `Provider ${name}, which has the job, is not in model_providers any more. Add it again, then retry.`,
  );
}

export function enabledRows(manager: EntityManager, kind?: ModelKind): Promise<ModelProvider[]> {
  return manager.find(ModelProvider, {
    where: { enabled: true, ...(kind && { kind }) },
    order: { priority: 'ASC', weight: 'DESC', name: 'ASC' },
  });
}

/** The settings that shape results come from the run; the address and the key come from this process. */
function keptChoice(config: Config, kind: ModelKind, kept: ModelSetting, rows: readonly ModelProvider[]): ModelChoice {
  const { provider, model, jsonSchema, continuation } = kept;
  const row = rows.find(({ name }) => name === provider);
  const { baseUrl, ...own } = row ? fromRow(row, config) : fromEnvironment(config, kind);
  const isKnown = row !== undefined || provider === FROM_ENVIRONMENT;
  return {
    ...own,
    name: provider,
    model,
    jsonSchema,
    continuation,
    kept,
    ...(isKnown && baseUrl !== undefined && { baseUrl }),
  };
}

export function fromRow(row: ModelProvider, config: Config): ModelChoice {
  const key = () => keyOf(row, config);
  return {
    name: row.name,
    model: row.model,
    adapter: row.adapter,
    baseUrl: row.baseUrl,
    jsonSchema: row.jsonSchema,
    prices: row.prices ?? {},
    honoursKey: row.idempotencyKey,
    mayHoldFiles: filesIn(config),
    limits: limitsIn(row.settings),
    options: row.settings,
    continuation: row.continuation,
    reasoningTokens: wholeIn(row.settings, 'reasoningTokens'),
    key,
    keyed: () => row.apiKeyFrom !== null && isReadable(key),
  };
}

function isReadable(key: () => string): boolean {
  try {
    return key() !== '';
  } catch {
    return false;
  }
}

/** Throws `Provider.NotConfigured` if the row names a key that it must not use, or that does not exist. */
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

/** The prices of the provider with this name; empty if it is not known any more. */
export async function pricesOf({ dataSource, config }: PlanSource, name: string): Promise<ProviderPrices> {
  if (name === FROM_ENVIRONMENT) return environmentPrices(config);
  return (await dataSource.manager.getRepository(ModelProvider).findOneBy({ name }))?.prices ?? {};
}

function wholeIn(settings: Readonly<Record<string, unknown>>, name: string): number {
  const value = settings[name];
  return Number.isInteger(value) && Number(value) > 0 ? Number(value) : 0;
}

function filesIn({ PROVIDER_MEDIA_HOSTS }: Config): ModelChoice['mayHoldFiles'] {
  return (host) => mayHoldFiles(host, PROVIDER_MEDIA_HOSTS);
}

function limitsIn({ sizes, seconds }: Readonly<Record<string, unknown>>): NonNullable<ModelChoice['limits']> {
  const list = <T>(value: unknown, isOne: (each: unknown) => each is T) =>
    Array.isArray(value) && value.length > 0 && value.every(isOne) ? value : undefined;
  const [some, lengths] = [list(sizes, isText), list(seconds, isNumber)];
  return defined({ sizes: some, seconds: lengths });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && value > 0;
}

function environmentPrices({ STORYREEL_PRICES: known = {} }: Config): ProviderPrices {
  return Object.fromEntries(Object.entries(known).filter(([, price]) => price !== undefined));
}

export function fromEnvironment(config: Config, kind: ModelKind): ModelChoice {
  const { model, baseUrl, key } = placeOf(config, kind);
  return {
    name: FROM_ENVIRONMENT,
    model,
    adapter: 'openai',
    ...(baseUrl !== undefined && { baseUrl }),
    jsonSchema: config.STORYREEL_TEXT_JSON_SCHEMA,
    prices: environmentPrices(config),
    honoursKey: config.STORYREEL_IDEMPOTENCY_KEY,
    mayHoldFiles: filesIn(config),
    options: {},
    continuation: config.STORYREEL_TEXT_CONTINUATION,
    reasoningTokens: config.STORYREEL_REASONING_TOKENS,
    key: () => key ?? NO_KEY,
    // A provider at a configured address may need no key; if it needs one, it answers so.
    keyed: () => baseUrl !== undefined,
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
  return { model, ...defined({ baseUrl, key }) };
}
