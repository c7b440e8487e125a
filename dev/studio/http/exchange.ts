import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../faults';
import type { SeenRequest } from '../request-record';

/** One request under `/v1` and the answer being given to it. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** The parsed body; undefined if the method has none. */
  body: unknown;
  fault: Fault;
  seen: SeenRequest;
  /** Resolves when what a fault holds back was let go; rejects when the connection is gone. */
  released: () => Promise<void>;
  /** Aborts when the connection is gone, whichever side closed it. */
  gone: AbortSignal;
}

/** Reports how an answer ended. The signal aborts when the connection is gone. */
export function watchEnd(
  response: ServerResponse,
  onEnd: (end: Pick<SeenRequest, 'status' | 'aborted'>) => void,
): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    const aborted = !response.writableFinished && !hungUp.has(response);
    onEnd({ status: response.headersSent ? response.statusCode : null, aborted });
    gone.abort();
  });
  return gone.signal;
}

const hungUp = new WeakSet<ServerResponse>();

/** Destroys the connection as a crashed provider does; the record does not blame the client for it. */
export function hangUp(response: ServerResponse): void {
  hungUp.add(response);
  response.destroy();
}

export function sendJson(response: ServerResponse, status: number, value: unknown, headers = {}): void {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** Answers in one piece, unless the fault loses the answer after the work is done. */
export async function reply(
  { response, fault, released, gone }: Exchange,
  status: number,
  value: unknown,
): Promise<void> {
  if (fault.slow_first_token) await sleep(fault.slow_first_token, undefined, { signal: gone }).catch(() => undefined);
  if (fault.hold !== undefined) await released().catch(() => undefined);
  if (gone.aborted || fault.stall !== undefined) return;
  if (fault.cut !== undefined) hangUp(response);
  else sendJson(response, status, value);
}

/** A header's value; null when it is absent. */
export function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}

/**
 * The answer of some providers: the key and the request, in the original form and in the form of their own programs.
 */
export function quotationOf(request: IncomingMessage, raw: Buffer): string {
  const key = header(request, 'authorization')?.slice('Bearer '.length) ?? '';
  const basic = Buffer.from(`user:${key}`).toString('base64');
  return `Incorrect key ${key} (${encodeURIComponent(key)}, ${basic}). Request: ${raw.toString('utf8')}`;
}
