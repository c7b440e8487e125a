import { StoryreelError } from '../protocol';
import { jsonIn, parsedAnswer } from './answer-fields';
import { UndecodedMedia, UnusableMedia } from './errors';
import { statedStatus } from './failure-kind';
import { openGiven, type MediaSource } from './fetch-media';
import { readBody } from './http-fetch';
import { imageIn } from './image-answer';
import { OPENAI_IMAGES, type ImageDialect } from './image-dialect';
import { awaitPicture } from './image-job';
import { imageTypeOf, isWhole, undecodedTypeOf } from './image-kind';
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
/** How often a service is asked after an image that is a job. */
const POLL_MS = 1_000;

export interface OpenAiMediaOptions extends Endpoint, Pick<MediaSource, 'mayAsk'> {
  readonly limits?: GivenLimits;
  /** How long to wait between two questions after an image that is a job. */
  readonly pollMs?: number;
  /** Called once for each thing that is learned of a model. */
  readonly onNotice?: (words: string) => void;
}

interface Ordered {
  /** When it was ordered, in milliseconds since 1970. */
  readonly since: number;
  readonly signal: AbortSignal;
}

/** Images of any server like OpenAI's, whether it returns the picture itself, its address or a job. */
export class OpenAiImage implements ImageProvider {
  private readonly limits: ModelLimits;
  private readonly learned: LearnedParameters;

  private readonly source: MediaSource;

  constructor(
    private readonly options: OpenAiMediaOptions,
    private readonly dialect: ImageDialect = OPENAI_IMAGES,
  ) {
    const { keyHeader, keyDomain } = dialect;
    this.source = {
      ...options,
      ...(keyHeader !== undefined && { keyHeader }),
      ...(keyDomain !== undefined && { keyDomain }),
    };
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
    const headers = { 'Idempotency-Key': request.idempotencyKey, ...this.dialect.headers };
    const { path, body } = this.dialect.order(model, request.prompt, size);
    const client = openaiClient(this.options, TIMEOUT_MS, this.dialect.keyHeader);
    const since = Date.now();
    const response = await this.learned.ask({
      body,
      remedies: REMEDIES,
      onNotice: this.options.onNotice,
      send: (sent) => client.post(path, { body: sent, signal, headers }).asResponse(),
    });
    const bytes = await readBody(response, MAX_BYTES);
    // Some services answer with the picture and nothing around it.
    const type = imageTypeOf(bytes);
    const isFile = type !== undefined || undecodedTypeOf(bytes) !== undefined;
    return isFile ? wholeOf(bytes) : this.read(bytes.toString('utf8'), response, { since, signal });
  }

  private async read(text: string, { headers }: Response, { since, signal }: Ordered): Promise<Media> {
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
        return this.made(answer, { since, signal });
      case 'nothing':
        throw new UnusableMedia('it answered without an image');
    }
  }

  /** The address of a picture may run out before it is fetched; the job states another one then. */
  private async made({ id, at }: { id: string; at?: string }, { since, signal }: Ordered): Promise<Media> {
    const { baseUrl, pollMs = POLL_MS } = this.options;
    const own = this.dialect.jobs(id).map((path) => `${baseUrl.replace(/\/+$/, '')}${path}`);
    const job = { id, places: at === undefined ? own : [at, ...own], pollMs, since };
    for (let fetches = 1; ; fetches++) {
      const given = await awaitPicture(this.source, job, signal);
      try {
        return given.kind === 'bytes' ? wholeOf(given.bytes) : await this.fetch(given.url, signal);
      } catch (error) {
        const isBroken = error instanceof UnusableMedia && !(error instanceof UndecodedMedia);
        if (!isBroken || fetches === MAX_FETCHES) throw error;
      }
    }
  }

  /** At once, because such addresses do not live long. What is no whole picture may have broken on its way. */
  private async fetch(url: string, signal: AbortSignal): Promise<Media> {
    for (let [fetches, from] = [1, url]; ; fetches++) {
      try {
        const address = from;
        const bytes = await withOwnSignal(signal, async (own) =>
          readBody(await openGiven(this.source, address, own), MAX_BYTES),
        );
        // Some services answer with the address of the picture in its place.
        const next = imageTypeOf(bytes) === undefined ? imageIn(jsonIn(bytes.toString('utf8'))) : undefined;
        if (next?.kind === 'bytes') return wholeOf(next.bytes);
        if (next?.kind !== 'address' || next.url === from || from !== url) return wholeOf(bytes);
        from = next.url;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof StoryreelError || error instanceof UndecodedMedia) throw error;
        if (fetches === MAX_FETCHES && error instanceof UnusableMedia) throw error;
        if (fetches === MAX_FETCHES)
          throw new UnusableMedia(`its image could not be fetched: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, FETCH_PAUSE_MS * fetches));
      }
    }
  }
}

/** If no size can be read in the refusal, the model chooses the size. */
const REMEDIES: Remedies = { n: without(), size: without() };

function undecoded(what: string): string {
  return `its image is ${what}, which cannot be put into a film. It is not ordered again by itself. Choose a model that makes PNG, JPEG or WebP, then retry.`;
}

function wholeOf(bytes: Buffer): Media {
  const mediaType = imageTypeOf(bytes);
  if (mediaType === undefined) {
    const what = undecodedTypeOf(bytes);
    // Another one would be the same.
    if (what !== undefined) throw new UndecodedMedia(undecoded(what));
    throw new UnusableMedia('it answered with something that is no image of a known format');
  }
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
