/** One message of a chat; a last one by the assistant asks the model to go on from it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface TextRequest {
  readonly messages: readonly ChatMessage[];
  /** Upper bound of the answer. */
  readonly maxTokens: number;
  readonly temperature: number;
  /** Called where something came that is no part of the answer, such as a comment. */
  readonly onAlive?: () => void;
  /** Called with what is learned of the model, for the log and for viewers. */
  readonly onNotice?: (words: string) => void;
  /** Of one piece of the answer, or of one that comes whole: nothing longer is held in memory. */
  readonly mostBytes?: number;
  /** The answer is JSON of this shape; sent where the provider understands JSON schemas. */
  readonly schema?: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
}

/**
 * A stream is complete only after `finish`; one that ends without was cut. `unsaid`: the server has ended the stream as one
 * that is whole, and gave no reason. `usage` may come before or after it.
 */
export type TextChunk =
  | { readonly type: 'text'; readonly text: string }
  /** What the model thinks before and beside its answer: paid for, and no part of it. */
  | { readonly type: 'thought'; readonly text: string }
  /** All text so far were thoughts: the answer begins only now. */
  | { readonly type: 'retract' }
  /** The model declines, in its own words. */
  | { readonly type: 'refusal'; readonly text: string }
  | { readonly type: 'finish'; readonly reason: 'stop' | 'length' | 'filtered' | 'unsaid' }
  /** As far as the server says it. */
  | {
      readonly type: 'usage';
      readonly inputTokens?: number;
      readonly outputTokens?: number;
      /** Of these, what the model has thought. */
      readonly thoughtTokens?: number;
    };

/** Takes what came; called in order, in the moment in which it is read from the socket. What it throws ends the stream. */
export type ReceiveChunk = (chunk: TextChunk) => void;

/**
 * Streams an answer as it is made. Chunks are handed over and not waited for: an async iterator costs several promises a
 * token. Resolves when the answer is complete or the server has ended the stream. Where `signal` aborts or `receive` throws, it closes the socket and
 * rejects with the signal's reason or with what was thrown; it never ends quietly on an abort.
 */
export interface TextProvider {
  stream(request: TextRequest, receive: ReceiveChunk, signal: AbortSignal): Promise<void>;
}

export interface Media {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

export interface ImageRequest {
  readonly prompt: string;
  /** `WIDTHxHEIGHT` in pixels. A model that has not this size is asked for the nearest larger one. */
  readonly size: string;
  /** The same key is the same request: a provider that honours it neither makes nor bills it twice. */
  readonly idempotencyKey: string;
}

/** What comes may be of another size and in another format than what is wanted: whoever asks fits it. */
export interface ImageProvider {
  generate(request: ImageRequest, signal: AbortSignal): Promise<Media>;
}

/** What a clip is asked for with: what is wanted, or the nearest that its model has. */
export interface ClipOrder {
  readonly size: string;
  readonly seconds: number;
}

export interface VideoRequest {
  readonly prompt: string;
  readonly image: Media;
  readonly wanted: ClipOrder;
  readonly order: ClipOrder;
  readonly idempotencyKey: string;
}

export type VideoJob =
  | { readonly status: 'running'; readonly jobId: string; /** 0 to 100. */ readonly progress: number }
  | {
      readonly status: 'completed';
      readonly jobId: string;
      /** Where the clip is, if the provider says. */ readonly url?: string;
    }
  | {
      readonly status: 'failed';
      readonly jobId: string;
      readonly message: string;
      /** Asking again would not help: its content is refused, or nobody pays for it. */
      readonly kind?: 'refused' | 'quota';
    };

/** Takes the next piece of a file, and resolves when more may come. What it throws ends the download. */
export type TakeBytes = (bytes: Buffer) => Promise<void>;

/** A clip is a job at the provider: submitted once, polled from any worker, then downloaded. */
export interface VideoProvider {
  /** By all that is known of the model so far, without asking. */
  order(wanted: ClipOrder): ClipOrder;
  /**
   * Rejects with `OtherOrder` where the refusal has taught which sizes and lengths there are: `order` gives another one then.
   * Rejects with `LostOrder` where the answer does not say which job it is.
   */
  submit(request: VideoRequest, signal: AbortSignal): Promise<VideoJob>;
  /** Rejects with `NotReady` where the provider does not know the job, or says nothing that can be read. */
  poll(jobId: string, signal: AbortSignal): Promise<VideoJob>;
  /**
   * Hands over the clip as it comes: it may be larger than what there is of memory. Rejects with `NotReady` where the clip is
   * not there yet, or not any more, and with `UnusableMedia` where it has no end.
   */
  download(jobId: string, url: string | undefined, take: TakeBytes, signal: AbortSignal): Promise<void>;
  /**
   * Ends a job that is under way. Resolves false where it is finished, so that what was paid for is kept, and true where it
   * makes nothing any more, also because the provider does not know it. Rejects where the provider would not end it.
   */
  cancel(jobId: string, signal: AbortSignal): Promise<boolean>;
}
