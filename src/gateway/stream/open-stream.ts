import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

const RETRY_MS = 2_000;
/**
 * Node closes a socket that takes nothing for so long although bytes wait for it, or to which nothing was written. A
 * slow viewer that takes some is kept; a healthy one gets a heartbeat twice in this time.
 */
const STALLED_MS = 30_000;

/**
 * Begins a stream of events. Without chunks, so that the bytes of a frame are the same for every viewer; without compression,
 * which would hold tokens back. Viewers of a gateway that has ended come back spread over two seconds.
 */
export function openStream(reply: FastifyReply, headers: Readonly<Record<string, string>>): ServerResponse {
  const response = reply.raw;
  void reply.hijack();
  response.socket?.setTimeout(STALLED_MS);
  response.shouldKeepAlive = false;
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  // Without an empty line: some clients take it for a message, which would have no data.
  response.write(`retry: ${RETRY_MS + Math.floor(Math.random() * RETRY_MS)}\n`);
  return response;
}
