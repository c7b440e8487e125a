import type { DataSource } from 'typeorm';
import { readSecret, type Config } from '../config';
import { ModelProvider, type ProviderPrices } from '../entities';
import { StoryreelError } from '../protocol';
import {
  OpenAiImage,
  OpenAiText,
  OpenAiVideo,
  type ImageProvider,
  type TextProvider,
  type VideoProvider,
} from '../providers';
import type { ProviderCall } from '../telemetry';

/** A provider that was chosen for a call, and what its calls are booked under. */
export interface Chosen<Provider> {
  readonly name: string;
  readonly model: string;
  readonly prices: ProviderPrices;
  /** How it goes on from a text that was cut off. */
  readonly continuation: ModelProvider['continuation'];
  readonly provider: Provider;
}

/** How a call to the chosen provider is named in traces. */
export function callOf(
  operation: ProviderCall['operation'],
  { lane, attempt }: Pick<ProviderCall, 'lane' | 'attempt'>,
  { name, model }: Chosen<unknown>,
): ProviderCall {
  return { operation, provider: name, model, lane, attempt };
}

type Kind = ModelProvider['kind'];
type Row = Pick<ModelProvider, 'name' | 'baseUrl' | 'model' | 'jsonSchema' | 'prices' | 'continuation'> & {
  readonly apiKey: string;
};

/** The provider that the environment names; rows of `model_providers` come before it. */
const FROM_ENVIRONMENT = 'environment';

/** Some servers need no key, but the `openai` package insists on one. */
const NO_KEY = 'none';

export async function chooseText(deps: Source): Promise<Chosen<TextProvider>> {
  return chosen(await choose(deps, 'text'), (row) => new OpenAiText(row));
}

export async function chooseImage(deps: Source): Promise<Chosen<ImageProvider>> {
  return chosen(await choose(deps, 'image'), (row) => new OpenAiImage(row));
}

/** With a name: the provider that holds a job already, as long as it is still known. */
export async function chooseVideo(deps: Source, name?: string): Promise<Chosen<VideoProvider>> {
  return chosen(await choose(deps, 'video', name), (row) => new OpenAiVideo(row));
}

/** What calls to the provider of this name cost; nothing where it is not known any more. */
export async function pricesOf({ dataSource, config }: Source, name: string): Promise<ProviderPrices> {
  if (name === FROM_ENVIRONMENT) return environmentPrices(config);
  return (await dataSource.getRepository(ModelProvider).findOneBy({ name }))?.prices ?? {};
}

interface Source {
  readonly dataSource: DataSource;
  readonly config: Config;
}

function chosen<Provider>(row: Row, make: (row: Row) => Provider): Chosen<Provider> {
  return {
    name: row.name,
    model: row.model,
    prices: row.prices ?? {},
    continuation: row.continuation,
    provider: make(row),
  };
}

async function choose({ dataSource, config }: Source, kind: Kind, name?: string): Promise<Row> {
  const rows = await dataSource.getRepository(ModelProvider).find({
    where: { kind, enabled: true },
    order: { priority: 'ASC', weight: 'DESC', name: 'ASC' },
  });
  const environment = fromEnvironment(config, kind);
  const row = rows.find((candidate) => candidate.name === name) ?? (name === FROM_ENVIRONMENT ? undefined : rows[0]);
  if (!row) {
    if (environment) return environment;
    throw new StoryreelError(
      'Provider.NotConfigured',
      `No ${kind} provider is set. Set ${SETTING[kind]}, or add a row to model_providers.`,
    );
  }
  if (row.adapter !== 'openai') {
    throw new StoryreelError(
      'Provider.NotConfigured',
      `Provider ${row.name} names the adapter ${row.adapter}, which is not known.`,
    );
  }
  return { ...row, apiKey: row.apiKeyFrom === null ? NO_KEY : readSecret(row.apiKeyFrom) };
}

const SETTING = {
  text: 'OPENAI_BASE_URL or OPENAI_API_KEY',
  image: 'STORYREEL_IMAGE_BASE_URL',
  video: 'STORYREEL_VIDEO_BASE_URL',
} as const;

const OPENAI = 'https://api.openai.com/v1';

function environmentPrices({ STORYREEL_PRICES: known = {} }: Config): ProviderPrices {
  return Object.fromEntries(Object.entries(known).filter(([, price]) => price !== undefined));
}

function fromEnvironment(config: Config, kind: Kind): Row | undefined {
  const common = {
    name: FROM_ENVIRONMENT,
    jsonSchema: config.STORYREEL_TEXT_JSON_SCHEMA,
    continuation: config.STORYREEL_TEXT_CONTINUATION,
    prices: environmentPrices(config),
  };
  const key = config.OPENAI_API_KEY;
  switch (kind) {
    case 'text': {
      const baseUrl = config.OPENAI_BASE_URL ?? (key ? OPENAI : undefined);
      return baseUrl ? { ...common, baseUrl, apiKey: key ?? NO_KEY, model: config.STORYREEL_TEXT_MODEL } : undefined;
    }
    case 'image': {
      const baseUrl = config.STORYREEL_IMAGE_BASE_URL;
      const apiKey = config.STORYREEL_IMAGE_API_KEY ?? NO_KEY;
      return baseUrl ? { ...common, baseUrl, apiKey, model: config.STORYREEL_IMAGE_MODEL } : undefined;
    }
    case 'video': {
      const baseUrl = config.STORYREEL_VIDEO_BASE_URL;
      const apiKey = config.STORYREEL_VIDEO_API_KEY ?? NO_KEY;
      return baseUrl ? { ...common, baseUrl, apiKey, model: config.STORYREEL_VIDEO_MODEL } : undefined;
    }
  }
}
