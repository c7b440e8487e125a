/** One message of a chat. If the last message is the assistant's, the model continues it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What a model is asked to write. */
export interface TextRequest {
  readonly messages: readonly ChatMessage[];
  /** Upper bound of the answer. */
  readonly maxTokens: number;
  readonly temperature: number;
  /** Called if something arrives that is no part of the answer, such as a comment. */
  readonly onAlive?: () => void;
  /** Called with what is learned of the model, for the log and for viewers. */
  readonly onNotice?: (words: string) => void;
  /** The limit of one piece of the answer, or of a whole answer: nothing longer is held in memory. */
  readonly mostBytes?: number;
  /** The answer is JSON of this shape; sent if the provider supports JSON schemas. */
  readonly schema?: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
}

/**
 * A stream is complete only after `finish`; one that ends without was cut. `unstated`: the server has ended the stream as one
 * that is whole, and gave no reason. `usage` may come before or after it.
 */
export type TextChunk =
  | { readonly type: 'text'; readonly text: string }
  /** The model's thoughts before and beside its answer: they are paid, and no part of the answer. */
  | { readonly type: 'thought'; readonly text: string }
  /** All text so far were thoughts: the answer begins only now. */
  | { readonly type: 'retract' }
  /** The model declines, in its own words. */
  | { readonly type: 'refusal'; readonly text: string }
  | { readonly type: 'finish'; readonly reason: 'stop' | 'length' | 'filtered' | 'unstated' }
  /** As far as the server reports it. */
  | {
      readonly type: 'usage';
      readonly inputTokens?: number;
      readonly outputTokens?: number;
      /** The part of these tokens that are thoughts. */
      readonly thoughtTokens?: number;
    };

/** Takes the pieces in order, at the moment in which they are read from the socket. If it throws, the stream ends. */
export type ReceiveChunk = (chunk: TextChunk) => void;

/**
 * Streams an answer as it is made. Chunks are passed on and not awaited: an async iterator costs several promises per
 * token. Resolves when the answer is complete or the server has ended the stream. If `signal` aborts or `receive`
 * throws, it closes the socket and rejects with the signal's reason or the thrown error. It never ends without an error
 * on an abort.
 * Glossary: provider.
 */
export interface TextProvider {
  /** Gives each chunk to `receive` as it comes. Resolves if the provider states that the text is whole. */
  stream(request: TextRequest, receive: ReceiveChunk, signal: AbortSignal): Promise<void>;
}

/** A file as the provider gave it. */
export interface Media {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

/** The image that is wanted. */
export interface ImageRequest {
  readonly prompt: string;
  /** `WIDTHxHEIGHT` in pixels. A model that has not this size is asked for the nearest larger one. */
  readonly size: string;
  /**
   * Requests with the same key are the same request: a provider that honours keys neither makes nor charges it twice.
   */
  readonly idempotencyKey: string;
}

/** The result may differ in size and format from what is wanted: the caller converts it. */
export interface ImageProvider {
  /** Resolves with the bytes of one image. */
  generate(request: ImageRequest, signal: AbortSignal): Promise<Media>;
}

/** The order of a clip: the wanted values, or the nearest that its model offers. */
export interface ClipOrder {
  readonly size: string;
  readonly seconds: number;
}

/** The clip that is wanted. */
export interface VideoRequest {
  readonly prompt: string;
  readonly image: Media;
  readonly wanted: ClipOrder;
  readonly order: ClipOrder;
  readonly idempotencyKey: string;
}

/** The state of an order at the provider. */
export type VideoJob =
  | { readonly status: 'running'; readonly jobId: string; /** 0 to 100. */ readonly progress: number }
  | {
      readonly status: 'completed';
      readonly jobId: string;
      /** The address of the clip, if the provider names one. */ readonly url?: string;
    }
  | {
      readonly status: 'failed';
      readonly jobId: string;
      readonly message: string;
      /** Another request would not help: its content is refused, or its costs are not covered. */
      readonly kind?: 'refused' | 'quota';
    };

/** Takes the next piece of a file, and resolves when more may come. If it throws, the download ends. */
export type TakeBytes = (bytes: Buffer) => Promise<void>;

/** A clip is a job at the provider: submitted once, polled from any worker, then downloaded. */
export interface VideoProvider {
  /** The order by what is known about the model so far, without a request. */
  order(wanted: ClipOrder): ClipOrder;
  /**
   * Rejects with `OtherOrder` if the refusal has taught the offered sizes and lengths: `order` then returns another
   * order. Rejects with `LostOrder` if the answer does not name the job.
   */
  submit(request: VideoRequest, signal: AbortSignal): Promise<VideoJob>;
  /** Rejects with `NotReady` if the provider does not know the job, or its answer is unreadable. */
  poll(jobId: string, signal: AbortSignal): Promise<VideoJob>;
  /**
   * Passes the clip on as it arrives, because it may be larger than the memory. Rejects with `NotReady` if the clip is
   * not there yet or no longer, and with `UnusableMedia` if it never ends.
   */
  download(jobId: string, url: string | undefined, take: TakeBytes, signal: AbortSignal): Promise<void>;
  /**
   * Ends a running job. Resolves with false if it is finished, so that the paid result is kept. Resolves with true if
   * it produces nothing any more, which includes a job that the provider does not know. Rejects if the provider did not
   * end it.
   */
  cancel(jobId: string, signal: AbortSignal): Promise<boolean>;
}
