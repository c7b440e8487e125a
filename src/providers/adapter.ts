import { BFL_IMAGES, DASHSCOPE_IMAGES } from './image-dialect';
import { MINIMAX_JOBS, VEO_JOBS } from './job-dialect';
import { OpenAiImage } from './openai-image';
import { OpenAiText } from './openai-text';
import { OpenAiVideo } from './openai-video';
import type { ImageProvider, TextProvider, VideoProvider } from './ports';

/** A model at a provider, as its row of `model_providers` or the environment names it. */
export interface ProviderSettings {
  readonly name: string;
  readonly model: string;
  readonly baseUrl: string;
  /** `none` if the provider has no key. */
  readonly apiKey: string;
  /** Whether it understands JSON schemas, by its settings. */
  readonly jsonSchema: boolean;
  /** The sizes and lengths that its row states. */
  readonly limits?: { readonly sizes?: readonly string[]; readonly seconds?: readonly number[] };
  /** The whole column `settings` of its row, for what only this adapter reads. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether files may be fetched from this host although its address is private. */
  readonly mayAsk: (host: string) => boolean;
  /** Writes a line to the worker's log. */
  readonly onNotice: (words: string) => void;
}

/** How servers of one kind are spoken to. It has what they make: a kind that is left out cannot be asked of them. */
export interface ProviderAdapter {
  /** Present if the servers write texts. */
  readonly text?: (settings: ProviderSettings) => TextProvider;
  /** Present if the servers make images. */
  readonly image?: (settings: ProviderSettings) => ImageProvider;
  /** Present if the servers make clips. */
  readonly video?: (settings: ProviderSettings) => VideoProvider;
}

/** Adapters by the name that the column `adapter` of `model_providers` has. */
export type ProviderAdapters = Readonly<Record<string, ProviderAdapter>>;

export const OUR_ADAPTERS: ProviderAdapters = {
  openai: {
    text: (settings) => new OpenAiText(settings),
    image: (settings) => new OpenAiImage(settings),
    video: (settings) => new OpenAiVideo(settings),
  },
  veo: { video: (settings) => new OpenAiVideo(settings, VEO_JOBS) },
  minimax: { video: (settings) => new OpenAiVideo(settings, MINIMAX_JOBS) },
  bfl: { image: (settings) => new OpenAiImage(settings, BFL_IMAGES) },
  dashscope: { image: (settings) => new OpenAiImage(settings, DASHSCOPE_IMAGES) },
};
