import type { ModelProvider, ProviderPrices } from '../../entities';
import { chooseHolder, type ModelChoice, type ModelKind } from '../../planning';
import { StoryreelError } from '../../protocol';
import {
  OpenAiImage,
  OpenAiText,
  OpenAiVideo,
  type ImageProvider,
  type TextProvider,
  type VideoProvider,
} from '../../providers';
import type { ProviderCall } from '../../telemetry';
import type { ActivityDeps } from '../deps';

/** A provider that was chosen for a call, and what its calls are booked under. */
export interface ResolvedProvider<Provider> {
  readonly name: string;
  readonly model: string;
  /** The address of the provider. */
  readonly baseUrl: string;
  readonly prices: ProviderPrices;
  /** How the provider continues a text that was cut off. */
  readonly continuation: ModelProvider['continuation'];
  /** The tokens that the model may think, and charge, beyond the length of the ordered answer. */
  readonly reasoningTokens: number;
  /** For a repeated key, the provider neither makes nor charges anything again. */
  readonly honoursKey: boolean;
  readonly provider: Provider;
}

/** How a call to the chosen provider is named in traces. */
export function callOf(
  operation: ProviderCall['operation'],
  { lane, attempt }: Pick<ProviderCall, 'lane' | 'attempt'>,
  { name, model, baseUrl }: ResolvedProvider<unknown>,
): ProviderCall {
  return { operation, provider: name, baseUrl, model, lane, attempt };
}

/** The provider that holds a job. */
export async function holderOf(deps: ActivityDeps, name: string): Promise<ResolvedProvider<VideoProvider>> {
  return openVideo(deps, await chooseHolder(deps, 'video', name));
}

/** These functions throw `Provider.NotConfigured` if the chosen model cannot be asked. */
export function openText(choice: ModelChoice): ResolvedProvider<TextProvider> {
  return open('text', choice, (row) => new OpenAiText(row));
}

export function openImage(deps: ActivityDeps, choice: ModelChoice): ResolvedProvider<ImageProvider> {
  return open('image', choice, (row) => new OpenAiImage({ ...row, ...mediaOptions(deps, choice) }));
}

export function openVideo(deps: ActivityDeps, choice: ModelChoice): ResolvedProvider<VideoProvider> {
  return open('video', choice, (row) => new OpenAiVideo({ ...row, ...mediaOptions(deps, choice) }));
}

function mediaOptions({ logger }: ActivityDeps, { name, limits, mayHoldFiles }: ModelChoice) {
  return {
    ...(limits && { limits }),
    mayAsk: mayHoldFiles,
    say: (words: string) => logger.info({ provider: name }, words),
  };
}

const SETTING = {
  text: 'OPENAI_BASE_URL or OPENAI_API_KEY',
  image: 'STORYREEL_IMAGE_BASE_URL',
  video: 'STORYREEL_VIDEO_BASE_URL',
} as const;

type Row = Pick<ModelChoice, 'name' | 'model' | 'jsonSchema'> & { readonly baseUrl: string; readonly apiKey: string };

function open<Provider>(
  kind: ModelKind,
  choice: ModelChoice,
  make: (row: Row) => Provider,
): ResolvedProvider<Provider> {
  const { name, model, adapter, baseUrl, jsonSchema, prices, continuation, reasoningTokens, honoursKey, kept } = choice;
  const isKnown = baseUrl !== undefined && adapter === 'openai';
  if (kept?.configured && (!isKnown || (kept.keyed && !choice.keyed()))) {
    throw new StoryreelError(
      'Worker.CannotServe',
      `This worker cannot ask ${name} for ${model}, the ${kind} model that the run was opened with. Give it the provider or ` +
        'its key, or end the run and start it anew.',
    );
  }
  if (baseUrl === undefined) {
    throw new StoryreelError(
      'Provider.NotConfigured',
      `No ${kind} provider is set. Set ${SETTING[kind]}, or add a row to model_providers.`,
    );
  }
  if (adapter !== 'openai') {
    throw new StoryreelError(
      'Provider.NotConfigured',
      `Provider ${name} names the adapter ${adapter}, which is not known.`,
    );
  }
  const provider = make({ name, model, baseUrl, jsonSchema, apiKey: choice.key() });
  return { name, model, baseUrl, prices, continuation, reasoningTokens, honoursKey, provider };
}
