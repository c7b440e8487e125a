import { STATUS_CODES, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoryreelError } from '../protocol';
import type { App } from './app';
import { problemOf, Refusal } from './problem';
import { secure, SECURITY_HEADERS } from './security-headers';

/** How long a client that was refused may keep its side of the connection open. */
const LINGER_MS = 1_000;

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
    : unreadable();
  const body = problemOf(failure, request.id);
  void reply
    .code(body.status)
    .headers({ 'x-request-id': request.id, 'cache-control': 'no-store' })
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(body);
}

/** The router reads paths only, and its reader of queries takes what it cannot decode as it came. */
export function refuseQueries(app: App): void {
  app.addHook('onRequest', ({ url }, _reply, done) => {
    try {
      decodeURIComponent(url);
    } catch {
      throw unreadable();
    }
    done();
  });
}

function unreadable(): StoryreelError {
  return new StoryreelError('Request.Invalid', 'The address cannot be read: it is not percent-encoded UTF-8.');
}

/** What is no HTTP, comes too slowly, or has headers that are too long. */
export function refuseBytes(
  { code }: { readonly code?: string },
  socket: Duplex & { readonly bytesRead?: number },
): void {
  if (code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy();
  // Either nothing was sent, or this process was too busy to read it. Clients try again, but take a 408 for a refusal.
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0) return void socket.destroy();
  const [status, words] =
    code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? [408, 'The request took too long to arrive.']
      : code === 'HPE_HEADER_OVERFLOW'
        ? [431, 'The headers or the address are too long.']
        : [400, 'This is no request of HTTP/1.1.'];
  refuse(socket, new Refusal('Request.Invalid', words, { status }));
}

/** What Node itself would refuse, with an empty answer or with none. */
export function refuseTunnels(server: Server): void {
  server.on('connect', (_request, socket: Duplex) =>
    refuse(socket, new Refusal('Request.Invalid', 'This server is no proxy.', { status: 405 })),
  );
  server.on('checkExpectation', ({ socket }: { readonly socket: Duplex }) => {
    refuse(socket, new Refusal('Request.Invalid', 'Of expectations only 100-continue is known.', { status: 417 }));
  });
}

/** Answers what the HTTP server has not read, and closes the connection. */
export function refuse(socket: Duplex, why: Refusal): void {
  const problem = problemOf(why, 'unread');
  const { status, retry_after: seconds } = problem;
  const body = JSON.stringify(problem);
  socket.on('error', () => undefined);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/problem+json',
      `content-length: ${Buffer.byteLength(body)}`,
      'cache-control: no-store',
      ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}`),
      ...(seconds === undefined ? [] : [`retry-after: ${seconds}`]),
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
  // A client that neither reads nor closes would keep the connection for ever.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
