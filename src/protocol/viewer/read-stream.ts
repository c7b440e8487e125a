import { EventStream, type StreamMessage } from './event-stream';

/** The gateway sends a comment every 15 seconds: what is silent for so long is dead. */
const DEAD_MS = 40_000;

export interface OpenedStream {
  readonly messages: AsyncGenerator<StreamMessage, void>;
  /** How long the gateway asks the reader to wait before the next stream. */
  readonly retryMs: () => number | undefined;
}

/** The messages of an answer. It ends, without an error, if the connection breaks off or is dead. */
export function readStream(body: ReadableStream<Uint8Array>): OpenedStream {
  const stream = new EventStream();
  return { messages: messagesOf(body.getReader(), stream), retryMs: () => stream.retry };
}

async function* messagesOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  stream: EventStream,
): AsyncGenerator<StreamMessage, void> {
  let dead: ReturnType<typeof setTimeout> | undefined;
  try {
    for (;;) {
      dead = setTimeout(() => void reader.cancel().catch(() => undefined), DEAD_MS);
      const piece = await reader.read().catch(() => undefined);
      clearTimeout(dead);
      if (!piece || piece.done) return;
      yield* stream.push(piece.value);
    }
  } finally {
    clearTimeout(dead);
    await reader.cancel().catch(() => undefined);
  }
}
