import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { shownAddress, urlOf } from '../address';
import { BrokenConnection, NotSent, ServerError } from './errors';
import { proxyFault, routeTo } from './proxy-route';
import { refusalOf } from './reported-error';
import { unpacked } from './unpacked';

const MAX_ERROR_BYTES = 64 * 1024;
const MAX_ERROR_MS = 10_000;
const MAX_SILENCE_MS = 60_000;

const bodies = new WeakMap<Response, Readable>();

/**
 * A `fetch` for the `openai` package over node:http. The body of a good response stays unread, for `receiveBody`, which
 * reads it from the socket. Per token this costs a third of the global `fetch` with its web streams. The body of an
 * error is read, so that the package can map it. With a `lookup`, that function decides about the address of the
 * connection.
 */
export async function httpFetch(
  input: string | URL | Request,
  init: RequestInit & { readonly lookup?: LookupFunction } = {},
): Promise<Response> {
  const url = urlOf(input instanceof Request ? input.url : input);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError(`unsupported protocol ${url.protocol}`);
  const signal = init.signal ?? undefined;
  signal?.throwIfAborted();

  const body = init.body == null ? undefined : Buffer.from(await new Response(init.body).arrayBuffer());
  // A compressed stream comes late, because the server collects bytes before it compresses them.
  const headers: http.OutgoingHttpHeaders = {
    'accept-encoding': 'identity',
    ...Object.fromEntries(new Headers(init.headers)),
  };
  if (body) headers['content-length'] = String(body.length);

  const route = routeTo(url);
  const incoming = await send(url, { method: init.method ?? 'GET', headers, body, signal, lookup: init.lookup, route });
  if (incoming.statusCode === 407 && route.proxySetting) {
    incoming.destroy();
    throw new NotSent(proxyFault('answered 407', route.proxySetting));
  }
  return responseOf(incoming, url, signal);
}

interface Sent {
  readonly method: string;
  readonly headers: http.OutgoingHttpHeaders;
  readonly body: Buffer | undefined;
  readonly signal: AbortSignal | undefined;
  readonly lookup: LookupFunction | undefined;
  readonly route: ReturnType<typeof routeTo>;
}

/** Resolves with the head of the answer. Rejects with `NotSent` if the connection was never open. */
function send(url: URL, { method, headers, body, signal, lookup, route }: Sent): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (route.secure ? https : http).request(url, {
      ...route.options,
      method,
      headers: { ...headers, ...route.options.headers },
      // A connection that somebody else has opened was not looked up so.
      ...(lookup && !route.proxied && { agent: false, lookup }),
    });
    const abort = () => request.destroy(abortError());
    signal?.addEventListener('abort', abort, { once: true });
    request.on('response', (message) => {
      message.on('close', () => signal?.removeEventListener('abort', abort));
      resolve(message);
    });
    // Nothing is written before the connection, with its encryption if any, is open.
    let connected = false;
    request.on('socket', (socket) => {
      connected = !socket.connecting;
      // A reused connection is open already, and would keep the listener of each request.
      if (!connected) socket.once(route.secure ? 'secureConnect' : 'connect', () => (connected = true));
    });
    request.on('error', (error) => {
      signal?.removeEventListener('abort', abort);
      reject(connected || signal?.aborted ? error : new NotSent(error));
    });
    request.end(body);
  });
}

/** The answer for the `openai` package, whose body is unread if it is a good one. */
async function responseOf(
  incoming: http.IncomingMessage,
  url: URL,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const status = incoming.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const answer = { status, statusText: incoming.statusMessage ?? '', headers };
  if (status >= 200 && status < 300 && status !== 204) {
    const response = new Response(null, answer);
    bodies.set(response, unpacked(incoming));
    return response;
  }
  const text = await beginningOf(unpacked(incoming), signal);
  const { location } = incoming.headers;
  const reason = location !== undefined && status < 400 ? movedTo(location, url) : refusalOf(text);
  return new Response(status === 204 || status === 304 ? null : reason, answer);
}

/** A request is never sent on to another address. */
function movedTo(location: string, from: URL): string {
  let place = 'another address';
  try {
    place = shownAddress(urlOf(location, from).href);
  } catch {
    // The server names no address that could be shown.
  }
  return JSON.stringify({ error: { message: `it is at ${place} now.` } });
}

/** How long a connection whose answer is complete may take to end; after that it can be used again. */
const LINGER_MS = 1_000;

/**
 * Passes the unread body of a good response of `httpFetch` to `take`, as it comes from the socket. Resolves at its end.
 * While `take` returns a number, the answer is complete: it resolves so many milliseconds later at the latest, and also
 * if the connection breaks. If `take` throws, the connection is closed and the error is the rejection. A connection that
 * breaks before the answer is complete rejects with `BrokenConnection`.
 */
export async function receiveBody(response: Response, take: (bytes: Buffer) => number | void): Promise<void> {
  const incoming = bodyOf(response);
  let enough: NodeJS.Timeout | undefined;
  let closing: NodeJS.Timeout | undefined;
  let isOver = false;
  await new Promise<void>((resolve, reject) => {
    const end = () => {
      isOver = true;
      closing = setTimeout(() => incoming.destroy(), LINGER_MS).unref();
      resolve();
    };
    const broken = (error?: NodeJS.ErrnoException) => (enough ? resolve() : reject(brokenBy(error)));
    incoming.on('data', (bytes: Buffer) => {
      if (isOver) return;
      try {
        const patience = take(bytes);
        clearTimeout(enough);
        enough = undefined;
        if (typeof patience !== 'number') return;
        if (patience <= 0) end();
        else enough = setTimeout(end, patience);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
        incoming.destroy();
      }
    });
    incoming.on('end', () => {
      clearTimeout(closing);
      resolve();
    });
    incoming.on('error', broken);
    // After an end or an error this changes nothing any more.
    incoming.on('close', broken);
  }).finally(() => clearTimeout(enough));
}

/**
 * Reads a whole good response, at most `maxBytes`. A response that falls silent is given up, because nobody else would
 * notice: the package's own time-out ends with the head.
 */
export async function readBody(response: Response, maxBytes: number, silenceMs = MAX_SILENCE_MS): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  const silence = setTimeout(() => bodies.get(response)?.destroy(silent()), silenceMs);
  try {
    await receiveBody(response, (part) => {
      silence.refresh();
      size += part.length;
      if (size > maxBytes) throw new ServerError(`the answer is larger than ${maxBytes} bytes`);
      parts.push(part);
    });
  } finally {
    clearTimeout(silence);
  }
  return Buffer.concat(parts);
}

/**
 * Hands a good response to `take` piece by piece, at most `maxBytes`, and reads on only when that has taken each. Rejects as
 * `readBody` does, and with what `take` throws.
 */
export async function pourBody(
  response: Response,
  maxBytes: number,
  take: (bytes: Buffer) => Promise<void>,
  silenceMs = MAX_SILENCE_MS,
): Promise<void> {
  const incoming = bodyOf(response);
  const silence = setTimeout(() => incoming.destroy(silent()), silenceMs);
  let [size, taking] = [0, false];
  try {
    for await (const part of incoming as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > maxBytes) throw new ServerError(`the answer is larger than ${maxBytes} bytes`);
      taking = true;
      // A slow disk is no silence of the provider.
      clearTimeout(silence);
      await take(part);
      taking = false;
      silence.refresh();
    }
  } catch (error) {
    incoming.destroy();
    throw taking ? error : brokenBy(error as NodeJS.ErrnoException);
  } finally {
    clearTimeout(silence);
  }
}

function brokenBy(error: NodeJS.ErrnoException | undefined): Error {
  return error instanceof ServerError ? error : new BrokenConnection(error?.code ?? 'closed', { cause: error });
}

function bodyOf(response: Response): Readable {
  const incoming = bodies.get(response);
  if (!incoming) throw new ServerError(`it answered ${response.status}, without anything`);
  return incoming;
}

/** What came of the body of a refusal. The status is known already: a body that breaks or hangs changes nothing of it. */
async function beginningOf(incoming: Readable, signal: AbortSignal | undefined): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  const silence = setTimeout(() => incoming.destroy(), MAX_ERROR_MS);
  try {
    for await (const part of incoming as AsyncIterable<Buffer>) {
      parts.push(part);
      size += part.length;
      if (size > MAX_ERROR_BYTES) break;
    }
  } catch (error) {
    if (signal?.aborted) throw error;
  } finally {
    clearTimeout(silence);
  }
  return Buffer.concat(parts).subarray(0, MAX_ERROR_BYTES).toString('utf8');
}

function abortError(): Error {
  return new DOMException('The request was aborted', 'AbortError');
}

function silent(): NodeJS.ErrnoException {
  return Object.assign(new Error('nothing more came'), { code: 'ETIMEDOUT' });
}
