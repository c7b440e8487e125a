import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { StoryHttpClient } from '../../src/http-client';
import { expectOurs, failureOf, methodsOf, oddArgument, oddRecipe } from '../support/only-ours';
import { until } from '../support/until';

const PROJECT = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const KEY = 'sr_hidden-word';
const SHA = 'a'.repeat(64);
const BOUNDS = { not: ['Internal'], secrets: [KEY] } as const;

type Methods = Readonly<Record<string, (...given: unknown[]) => unknown>>;
/** Arguments that each method takes, by its name. */
const OF_CLIENT: Readonly<Record<string, readonly unknown[]>> = {
  create: [{ topic: 'a fox' }],
  start: [PROJECT],
  status: [PROJECT],
  waits: [PROJECT],
  edit: [PROJECT, { topic: 'an owl' }],
  editable: [PROJECT],
  textEdits: [PROJECT],
  explain: [PROJECT],
  list: [],
  page: [],
  watch: [PROJECT],
  pause: [PROJECT],
  resume: [PROJECT],
  retry: [PROJECT, 'rewrite'],
  skip: [PROJECT, 'rewrite'],
  cancelLane: [PROJECT, 'rewrite'],
  approve: [PROJECT, 'rewrite'],
  reject: [PROJECT, 'rewrite', { reason: 'too long' }],
  cancel: [PROJECT],
  delete: [PROJECT],
  setBudget: [PROJECT, 5],
  batch: [['a fox'], { batchId: 'foxes' }],
  batchStatus: ['foxes'],
  watchBatch: ['foxes'],
  cancelBatch: ['foxes'],
  outcomes: [],
  chapters: [PROJECT],
  laneText: [PROJECT],
};
const OF_OVERVIEW: Readonly<Record<string, readonly unknown[]>> = {
  review: [],
  batches: [],
  estimate: [],
  calls: [PROJECT],
  providers: [],
  outcomes: [],
};
/** These ask nobody. */
const LOCAL: Readonly<Record<string, readonly unknown[]>> = { mediaUrl: [PROJECT, SHA], close: [] };
const INTERNAL = ['leaving', 'post', 'lanes', 'run', 'textAt'];
/** They wait, and ask again, while the gateway is away. */
const STREAMS = ['watch', 'watchBatch'];
const ASKED = Object.keys({ ...OF_CLIENT, ...OF_OVERVIEW }).filter((name) => !STREAMS.includes(name));

function methodOf(client: StoryHttpClient, name: string): (...given: unknown[]) => unknown {
  const on = (name in OF_OVERVIEW ? client.overview : client) as unknown as Methods;
  return (...given) => on[name]?.(...given);
}

test('every public method is walked', () => {
  const client = new StoryHttpClient({ url: '' });
  expect(methodsOf(client, INTERNAL)).toEqual(Object.keys({ ...OF_CLIENT, ...LOCAL }).sort());
  expect(methodsOf(client.overview, ['run'])).toEqual(Object.keys(OF_OVERVIEW).sort());
});

/** What may be at the address of a gateway. Its paths have the name of the case in front. */
const ANSWERS: Readonly<Record<string, RequestListener>> = {
  'a page of a proxy': (_, answer) =>
    answer.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>'),
  'a page of somebody else': (_, answer) =>
    answer.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Log in</h1>'),
  'JSON that breaks off': (_, answer) =>
    answer
      .writeHead(200, { 'content-type': 'application/json', 'content-length': 500 })
      .write('{"projects":[', () => answer.destroy()),
  'JSON of another program': (_, answer) =>
    answer.writeHead(200, { 'content-type': 'application/json' }).end('[{"id":1}]'),
  'a connection that is cut': (request) => request.socket.destroy(),
  'an empty body': (_, answer) => answer.writeHead(200).end(),
  'redirects without an end': (request, answer) => answer.writeHead(307, { location: request.url ?? '/' }).end(),
  'a failure of another program': (_, answer) =>
    answer.writeHead(500, { 'content-type': 'application/json' }).end('{"code":{"toString":null},"detail":[]}'),
  'a body that is no text': (_, answer) =>
    answer
      .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      .end(Buffer.from([1, 2, 3])),
};

describe('What is at the address may be', () => {
  let server: Server;
  let asked: string[];
  const clients: StoryHttpClient[] = [];

  beforeAll(async () => {
    server = createServer((request, answer) => {
      const [, name = ''] = (request.url ?? '').split('/');
      asked.push(name);
      request.resume();
      ANSWERS[decodeURIComponent(name)]?.(request, answer);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => (asked = []));
  afterAll(async () => {
    for (const client of clients) await client.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  function clientAt(name: string): StoryHttpClient {
    const { port } = server.address() as AddressInfo;
    const client = new StoryHttpClient({ url: `http://127.0.0.1:${port}/${encodeURIComponent(name)}`, token: KEY });
    clients.push(client);
    return client;
  }

  test.each([...Object.keys(ANSWERS), 'nobody'])('%s', async (name) => {
    const client = name === 'nobody' ? new StoryHttpClient({ url: 'http://127.0.0.1:1', token: KEY }) : clientAt(name);
    await Promise.all(
      ASKED.map(async (method) => {
        const given = OF_CLIENT[method] ?? OF_OVERVIEW[method] ?? [];
        const error = await failureOf(() => methodOf(client, method)(...given));
        if (error === undefined) throw new Error(`${method} takes ${name} for an answer`);
        expectOurs(error, BOUNDS);
        expect(error).toMatchObject({ type: expect.stringMatching(/^(Service\.Unreachable|Response\.Invalid)$/) });
      }),
    );
  });

  test.each(Object.keys(ANSWERS))('%s, and a watch ends as soon as its reader has enough', async (name) => {
    for (const method of STREAMS) {
      for (const leave of ['signal', 'close', 'return'] as const) {
        const client = clientAt(name);
        const leaving = new AbortController();
        const { signal } = leaving;
        asked = [];
        const watch = methodOf(client, method)(...(OF_CLIENT[method] ?? []), { signal }) as AsyncGenerator<unknown>;
        const first = failureOf(() => watch.next());
        await until('it is asked', () => asked.length > 0);
        const left = leave === 'return' ? watch.return(undefined) : undefined;
        if (leave === 'signal') leaving.abort();
        if (leave !== 'signal') await client.close();
        expectOurs(await first, BOUNDS);
        expectOurs(await failureOf(async () => left), BOUNDS);
        expect(await watch.next()).toEqual({ done: true, value: undefined });
      }
    }
  });
});

const refusing = () =>
  new StoryHttpClient({
    url: 'http://gateway.invalid',
    token: KEY,
    fetch: async () => new Response('{}', { status: 403 }),
  });

test.each([...Object.keys(OF_CLIENT), ...Object.keys(OF_OVERVIEW), ...Object.keys(LOCAL)])(
  '%s throws nothing but failures of the catalogue, whatever it is given',
  async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.array(oddRecipe, { maxLength: 3 }), async (recipes) => {
        const odd = () => recipes.map(oddArgument);
        const method = methodOf(refusing(), name);
        expectOurs(await failureOf(() => method(...odd())), BOUNDS);
        // Past the first look: the id is right, and what follows is odd.
        const [first] = { ...OF_CLIENT, ...OF_OVERVIEW, ...LOCAL }[name] ?? [];
        expectOurs(await failureOf(() => method(first, ...odd())), BOUNDS);
      }),
      { numRuns: 40 },
    );
  },
);

test('a client that cannot be made states which option is wrong', async () => {
  const make = StoryHttpClient as unknown as new (given?: unknown) => StoryHttpClient;
  await fc.assert(
    fc.asyncProperty(oddRecipe, oddRecipe, oddRecipe, async (...recipes) => {
      const [odd, url, token] = recipes.map(oddArgument);
      expectOurs(await failureOf(() => new make(odd)), BOUNDS);
      expectOurs(await failureOf(() => new make({ url, token })), BOUNDS);
      expectOurs(
        await failureOf(() => new make({ url: 'http://127.0.0.1:1', token, fetch: url, signal: odd }).status(PROJECT)),
        BOUNDS,
      );
    }),
    { numRuns: 40 },
  );
  expect(await failureOf(() => new make())).toMatchObject({ type: 'Config.Invalid' });
});
