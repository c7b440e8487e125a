import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoryreelError } from '../protocol';
import { problemOf, Refusal } from './problem';
import { secure } from './security-headers';

/** What the HTTP server refuses before any route or hook sees it is a problem as well. */

/** An address that cannot be read. */
export function refuseAddress(
  { code }: { readonly code?: string },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  secure(reply.raw);
  const isTooLong = code === 'FST_ERR_MAX_PARAM_LENGTH';
  const failure = isTooLong
    ? new StoryreelError('Request.NotFound', 'There is no such address. GET /v1 lists what there is.')
    : new StoryreelError('Request.Invalid', 'The address cannot be read: it is not percent-encoded UTF-8.');
  const body = problemOf(failure, request.id);
  void reply.code(body.status).type('application/problem+json').serializer(JSON.stringify).send(body);
}

/** What is no HTTP, comes too slowly, or has headers that are too long. */
export function refuseBytes({ code }: { readonly code?: string }, socket: Socket): void {
  if (code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy();
  const [status, words] =
    code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? [408, 'The request took too long to arrive.']
      : code === 'HPE_HEADER_OVERFLOW'
        ? [431, 'The headers or the address are too long.']
        : [400, 'This is no request of HTTP/1.1.'];
  const body = JSON.stringify(problemOf(new Refusal('Request.Invalid', words, { status }), 'unread'));
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/problem+json',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
