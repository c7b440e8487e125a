import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

export interface ChatCall {
  readonly body: Readonly<Record<string, unknown>> & { readonly messages: readonly { readonly content: string }[] };
  /** How many calls with this mark came before. */
  readonly before: number;
}
export type Answer = (response: ServerResponse, call: ChatCall) => void | Promise<void>;

/** A provider that answers by a mark in the request, word for word as real ones were reported to. */
export async function startScriptedChat(answers: ReadonlyMap<string, Answer>) {
  const calls = new Map<string, number>();
  const taken = new Map<string, number>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8');
      const found = [...answers].find(([mark]) => text.includes(mark));
      if (!found) return void response.writeHead(500).end();
      const [mark, answer] = found;
      const before = calls.get(mark) ?? 0;
      calls.set(mark, before + 1);
      response.on('close', () => {
        if (response.statusCode === 200) taken.set(mark, (taken.get(mark) ?? 0) + 1);
      });
      void answer(response, { body: JSON.parse(text) as ChatCall['body'], before });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    /** Requests with this mark that were not refused, and may have to be paid. */
    taken: (mark: string) => taken.get(mark) ?? 0,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A delta, or a whole chunk. */
type Event = string | object;

export const delta = (fields: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
});
export const text = (content: unknown, finish: string | null = null) => delta({ content }, finish);
export const end = (finish = 'stop') => delta({}, finish);
export const usage = (numbers: object) => ({ choices: [], usage: numbers });

function written(events: readonly Event[]): string {
  return events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
}

/** Streams these events and closes. */
export function stream(...events: readonly Event[]): Answer {
  return (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(written(events));
}

/** The same, and keeps the connection open. */
export function openStream(...events: readonly Event[]): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(written(events));
  };
}

/** The same, and the connection breaks instead of being closed. */
export function brokenStream(...events: readonly Event[]): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(written(events), () => response.destroy());
  };
}

/** The same, with something every 200 ms before it, or without end. */
export function slowly(before: string, times: number, ...events: readonly Event[]): Answer {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let i = 0; i < times && !response.destroyed; i += 1) {
      response.write(before);
      await sleep(200);
    }
    response.end(written(events));
  };
}

export function whole(status: number, body: object | string, headers: Record<string, string> = {}): Answer {
  const type = typeof body === 'string' ? 'text/html' : 'application/json';
  const bytes = typeof body === 'string' ? body : JSON.stringify(body);
  return (response) => void response.writeHead(status, { 'content-type': type, ...headers }).end(bytes);
}

export function packed(...events: readonly Event[]): Answer {
  return (response) =>
    void response
      .writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
      .end(gzipSync(written(events)));
}

/** As long as the request is refused, that; then the other. */
export function unless(refusal: (body: ChatCall['body']) => Answer | undefined, otherwise: Answer): Answer {
  return (response, call) => (refusal(call.body) ?? otherwise)(response, call);
}
