import type { ModelProvider, ProviderPrices } from '../../entities';
import { chooseHolder, type ModelChoice, type ModelKind } from '../../planning';
import { StoryreelError } from '../../protocol';
import {
  OUR_ADAPTERS,
  type ImageProvider,
  type ProviderAdapter,
  type ProviderSettings,
  type TextProvider,
  type VideoProvider,
} from '../../providers';
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

/** The provider that holds a job. */
export async function holderOf(deps: ActivityDeps, name: string): Promise<ResolvedProvider<VideoProvider>> {
  return openVideo(deps, await chooseHolder(deps, 'video', name));
}

/** These functions throw `Provider.NotConfigured` if the chosen model cannot be asked. */
export function openText(deps: Ports, choice: ModelChoice): ResolvedProvider<TextProvider> {
  return open('text', deps, choice, adapterOf(deps, choice)?.text);
}

export function openImage(deps: Ports, choice: ModelChoice): ResolvedProvider<ImageProvider> {
  return open('image', deps, choice, adapterOf(deps, choice)?.image);
}

export function openVideo(deps: Ports, choice: ModelChoice): ResolvedProvider<VideoProvider> {
  return open('video', deps, choice, adapterOf(deps, choice)?.video);
}

type Ports = Pick<ActivityDeps, 'logger' | 'providers'>;

function adapterOf({ providers }: Ports, { adapter }: ModelChoice): ProviderAdapter | undefined {
  const all = { ...providers, ...OUR_ADAPTERS };
  return Object.hasOwn(all, adapter) ? all[adapter] : undefined;
}

const SETTING = {
  text: 'OPENAI_BASE_URL or OPENAI_API_KEY',
  image: 'STORYREEL_IMAGE_BASE_URL',
  video: 'STORYREEL_VIDEO_BASE_URL',
} as const;

function open<Provider>(
  kind: ModelKind,
  { logger }: Ports,
  choice: ModelChoice,
  make: ((settings: ProviderSettings) => Provider) | undefined,
): ResolvedProvider<Provider> {
  const { name, model, adapter, baseUrl, jsonSchema, prices, continuation, reasoningTokens, honoursKey, kept } = choice;
  const isKnown = baseUrl !== undefined && make !== undefined;
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
  if (!make) {
    throw new StoryreelError(
      'Provider.NotConfigured',
      `Provider ${name} names the adapter ${adapter}, which is not known, or which makes no ${kind}.`,
    );
  }
  const provider = make({
    name,
    model,
    baseUrl,
    jsonSchema,
    apiKey: choice.key(),
    options: choice.options,
    ...(choice.limits && { limits: choice.limits }),
    mayAsk: choice.mayHoldFiles,
    onNotice: (words) => logger.info({ provider: name }, words),
  });
  return { name, model, baseUrl, prices, continuation, reasoningTokens, honoursKey, provider };
}
