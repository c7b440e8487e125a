import { boundedLine, StoryreelError } from '../protocol';
import { parsedAnswer } from './answer-fields';
import { UnusableMedia } from './errors';
import { statedStatus } from './failure-kind';
import { openGiven, type MediaSource } from './fetch-media';
import { readBody } from './http-fetch';
import { imageIn } from './image-answer';
import { imageTypeOf, isWhole } from './image-kind';
import { LearnedParameters, without, type Remedies } from './learned-parameters';
import { withOwnSignal } from './linked-signal';
import { ModelLimits, type GivenLimits } from './model-limits';
import type { Endpoint } from './endpoint';
import { openaiClient } from './openai-client';
import type { ImageProvider, ImageRequest, Media } from './ports';
import { aPage, isPage, refusedWith } from './reported-error';

const TIMEOUT_MS = 300_000;
const MAX_BYTES = 64 * 1024 * 1024;
/** How often a paid picture is fetched, at no further cost, before it counts as lost. */
const MAX_FETCHES = 4;
const FETCH_PAUSE_MS = 300;
/** The model's sizes may have to be learned in more than one step. */
const MAX_ORDERS = 4;
const MAX_ID_BYTES = 80;

export interface OpenAiMediaOptions extends Endpoint, Pick<MediaSource, 'mayAsk'> {
  readonly limits?: GivenLimits;
  /** Called once for each thing that is learned of a model. */
  readonly onNotice?: (words: string) => void;
}

/** Image generation of any OpenAI-compatible server, whether it returns the picture itself or its address. */
export class OpenAiImage implements ImageProvider {
  private readonly limits: ModelLimits;
  private readonly learned: LearnedParameters;

  constructor(private readonly options: OpenAiMediaOptions) {
    this.limits = new ModelLimits(options, options.limits);
    this.learned = new LearnedParameters(options.model, options.baseUrl, 'images');
  }

  generate(request: ImageRequest, signal: AbortSignal): Promise<Media> {
    return withOwnSignal(signal, async (own) => {
      try {
        return await this.order(request, own);
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      }
    });
  }

  private async order(request: ImageRequest, signal: AbortSignal): Promise<Media> {
    for (let orders = 1; ; orders++) {
      try {
        return await this.ask(request, signal);
      } catch (error) {
        // A refused request is not paid.
        if (orders === MAX_ORDERS || !this.limits.learn(error, request, request.prompt)) throw error;
        const { size } = this.limits.order(request);
        this.options.onNotice?.(
          `${this.options.model} has no size ${request.size}: it is asked for ${size} from now on.`,
        );
      }
    }
  }

  private async ask(request: ImageRequest, signal: AbortSignal): Promise<Media> {
    const { model } = this.options;
    const { size } = this.limits.order(request);
    const headers = { 'Idempotency-Key': request.idempotencyKey };
    const response = await this.learned.ask({
      body: { model, prompt: request.prompt, size, n: 1 },
      remedies: REMEDIES,
      onNotice: this.options.onNotice,
      send: (body) =>
        openaiClient(this.options, TIMEOUT_MS).post('/images/generations', { body, signal, headers }).asResponse(),
    });
    const bytes = await readBody(response, MAX_BYTES);
    // Some services answer with the picture and nothing around it.
    const type = imageTypeOf(bytes);
    return type === undefined ? this.read(bytes.toString('utf8'), response, signal) : wholeOf(bytes);
  }

  private async read(text: string, { headers }: Response, signal: AbortSignal): Promise<Media> {
    if (isPage(text)) throw refusedWith(404, { message: aPage(text) }, headers);
    const answer = imageIn(jsonOf(text));
    switch (answer.kind) {
      case 'bytes':
        return wholeOf(answer.bytes);
      case 'address':
        return this.fetch(answer.url, signal);
      case 'error':
        throw refusedWith(statedStatus(answer.error) ?? 400, answer.error, headers);
      case 'job':
        throw new StoryreelError('Provider.BadRequest', jobInPlace(answer.id));
      case 'nothing':
        throw new UnusableMedia('it answered without an image');
    }
  }

  /** At once, because such addresses do not live long. What is no whole picture may have broken on its way. */
  private async fetch(url: string, signal: AbortSignal): Promise<Media> {
    for (let fetches = 1; ; fetches++) {
      try {
        return wholeOf(await readBody(await openGiven(this.options, url, signal), MAX_BYTES));
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof StoryreelError) throw error;
        if (fetches === MAX_FETCHES && error instanceof UnusableMedia) throw error;
        if (fetches === MAX_FETCHES)
          throw new UnusableMedia(`its image could not be fetched: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, FETCH_PAUSE_MS * fetches));
      }
    }
  }
}

/** It is not ordered again, because it would be paid again and end the same. */
function jobInPlace(id: string): string {
  return `The provider answered with the job ${boundedLine(id, MAX_ID_BYTES)} in the place of an image. Use a service that answers with the image itself.`;
}

/** If no size can be read in the refusal, the model chooses the size. */
const REMEDIES: Remedies = { n: without(), size: without() };

function wholeOf(bytes: Buffer): Media {
  const mediaType = imageTypeOf(bytes);
  if (mediaType === undefined) throw new UnusableMedia('it answered with something that is no image of a known format');
  if (!isWhole(bytes, mediaType)) throw new UnusableMedia('its image is cut off');
  return { bytes, mediaType };
}

function jsonOf(text: string): unknown {
  try {
    return parsedAnswer(text);
  } catch {
    throw new UnusableMedia('it answered with something that is neither an image nor JSON');
  }
}
