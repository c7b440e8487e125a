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
  /** The answer is JSON of this shape; sent where the provider understands JSON schemas. */
  readonly schema?: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
}

/** A stream is complete only after `finish`; one that ends without was cut. `usage` may come before or after it. */
export type TextChunk =
  | { readonly type: 'text'; readonly text: string }
  /** What the model thinks before and beside its answer: paid for, and no part of it. */
  | { readonly type: 'thought'; readonly text: string }
  | { readonly type: 'finish'; readonly reason: 'stop' | 'length' | 'filtered' }
  | { readonly type: 'usage'; readonly inputTokens: number; readonly outputTokens: number };

/** Takes what came; called in order, in the moment in which it is read from the socket. What it throws ends the stream. */
export type ReceiveChunk = (chunk: TextChunk) => void;

/**
 * Streams an answer as it is made. Chunks are handed over and not waited for: an async iterator costs several promises a
 * token. Resolves when the server has ended the stream. Where `signal` aborts or `receive` throws, it closes the socket and
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
