import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { OpenAnswers } from '../../src/gateway/open-answers';
import { until } from '../support/until';

/** Far more than the sockets of both sides hold. */
const BYTES = 32 * 1024 * 1024;

let server: Server;
let port: number;
let open: OpenAnswers;
let gone: Set<string>;
let asked: string[][];
/** What each answer does, by its path. */
let answers: Record<string, (response: ServerResponse) => void>;

beforeEach(async () => {
  gone = new Set();
  asked = [];
  answers = {};
  open = new OpenAnswers(async (grounds) => {
    asked.push([...grounds]);
    return grounds.filter((each) => gone.has(each));
  });
  server = createServer((incoming, response) => {
    open.add(response, `key:${incoming.headers.authorization ?? ''}`);
    answers[incoming.url ?? '']?.(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  await open.close();
  server.closeAllConnections();
  server.close();
});

async function ask(path: string, authorization: string): Promise<IncomingMessage> {
  const asking = request({ port, path, headers: { authorization } });
  asking.end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  return answer;
}

/** A large body that is sent as fast as its reader takes it. */
function download(response: ServerResponse): void {
  const piece = Buffer.alloc(64 * 1024);
  response.writeHead(200, { 'content-length': BYTES });
  const pieces = function* () {
    for (let sent = 0; sent < BYTES; sent += piece.length) yield piece;
  };
  Readable.from(pieces()).pipe(response);
}

test('A download whose reader takes nothing is cut when its credential has ended, and another one arrives whole', async () => {
  const responses: ServerResponse[] = [];
  answers['/film'] = (response) => {
    responses.push(response);
    download(response);
  };
  const [, kept] = [await ask('/film', 'a'), await ask('/film', 'b')];
  gone.add('key:a');
  await until('one is cut', () => responses[0]?.closed === true);
  expect(responses[0]?.writableFinished).toBe(false);
  let bytes = 0;
  for await (const piece of kept) bytes += (piece as Buffer).length;
  expect([bytes, kept.complete]).toEqual([BYTES, true]);
});

test('An answer that has an end of its own ends by it, and is cut if it is still open after that', async () => {
  const ended: string[] = [];
  answers['/stream'] = (response) => {
    response.write('a');
    open.endBy(response, () => ended.push('stream'));
  };
  answers['/wait'] = (response) => open.endBy(response, () => response.writeHead(401).end());
  const stream = await ask('/stream', 'a');
  const waiting = ask('/wait', 'a');
  gone.add('key:a');
  expect((await waiting).statusCode).toBe(401);
  stream.resume();
  await until('it is cut', () => stream.destroyed);
  expect(ended).toEqual(['stream']);
});

test('A change that is being made is answered, because its answer has not begun', async () => {
  let answer: ServerResponse | undefined;
  answers['/change'] = (response) => (answer = response);
  const changing = ask('/change', 'a');
  await until('it is asked', () => answer !== undefined);
  gone.add('key:a');
  const looks = asked.length;
  await until('two looks', () => asked.length > looks + 2);
  answer?.writeHead(201).end();
  expect((await changing).statusCode).toBe(201);
});

test('Nothing is asked about answers that are over', async () => {
  answers['/short'] = (response) => response.end();
  (await ask('/short', 'a')).resume();
  answers['/open'] = (response) => response.flushHeaders();
  await ask('/open', 'b');
  await until('a look', () => asked.length > 0);
  expect(asked.flat()).not.toContain('key:a');
  expect(asked.flat()).toContain('key:b');
});
