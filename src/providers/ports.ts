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
  /** `WIDTHxHEIGHT` in pixels. */
  readonly size: string;
  /** The same key is the same request: a provider that honours it neither makes nor bills it twice. */
  readonly idempotencyKey: string;
}

export interface ImageProvider {
  generate(request: ImageRequest, signal: AbortSignal): Promise<Media>;
}

export interface VideoRequest {
  readonly prompt: string;
  readonly image: Media;
  readonly size: string;
  readonly seconds: number;
  readonly idempotencyKey: string;
}

export type VideoJob =
  | { readonly status: 'running'; readonly jobId: string; /** 0 to 100. */ readonly progress: number }
  | { readonly status: 'completed'; readonly jobId: string }
  | { readonly status: 'failed'; readonly jobId: string; readonly message: string };

/** Takes the next piece of a file, and resolves when more may come. What it throws ends the download. */
export type TakeBytes = (bytes: Buffer) => Promise<void>;

/** A clip is a job at the provider: submitted once, polled from any worker, then downloaded. */
export interface VideoProvider {
  submit(request: VideoRequest, signal: AbortSignal): Promise<VideoJob>;
  /** Rejects with status 404 where the provider does not know the job any more. */
  poll(jobId: string, signal: AbortSignal): Promise<VideoJob>;
  /** Hands over the clip as it comes: it may be larger than what there is of memory. */
  download(jobId: string, take: TakeBytes, signal: AbortSignal): Promise<void>;
  /**
   * Ends a job that is under way. Resolves false where it is finished, so that what was paid for is kept, and true where it
   * makes nothing any more, also because the provider does not know it. Rejects where the provider would not end it.
   */
  cancel(jobId: string, signal: AbortSignal): Promise<boolean>;
}
