import { randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import type { RunningGateway } from '../../src/gateway';
import { StoryHttpClient } from '../../src/http-client';
import { laneId, type ProjectId } from '../../src/protocol';
import { StoryPage } from '../../src/protocol/viewer';
import { FolderStore } from '../../src/storage';
import { HttpUser, ownKey, startGateway, startGatewayApp } from '../support/gateway';
import { requestsOf, type ApiDocument } from '../support/generated-requests';
import { longText } from '../support/long-rewrite';
import { storeFilm, type OwnDatabase } from '../support/own-database';
import { RawHttp } from '../support/raw-http';
import { fromSetup, type TestApp } from '../support/services';
import { ownTopic } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

const studio = new StudioControl();
let database: OwnDatabase;
let env: Record<string, string>;
let app: TestApp;
let gateway: RunningGateway;
let close: () => Promise<void>;
let secret: string;
let owner: string;
let user: HttpUser;
let projectId: ProjectId;
let text: string;
let mark: string;
const page = new StoryPage();
let watching: Promise<void>;
let stories: StoryHttpClient;

beforeAll(async () => {
  ({ app, gateway, close, database, env } = await startGatewayApp({ GATEWAY_STREAMS: '5' }));
  const key = await ownKey(app);
  ({ secret, owner } = key);
  user = new HttpUser(gateway.url, secret);
  // A healthy viewer beside everything: its text comes all the time, and the rest of it after the last attack.
  const made = ownTopic();
  mark = made.mark;
  text = longText(mark, 80);
  await studio.misbehave(mark, 'chat', { text, tokensPerSecond: 100, hold: 500 });
  projectId = await app.client.create({ topic: made.topic, owner: key.owner, settings: { scenes: 1 } });
  stories = new StoryHttpClient({ url: gateway.url, token: secret });
  watching = (async () => {
    for await (const event of stories.watch(projectId)) page.apply(event);
    await page.proved();
  })();
  await app.client.start(projectId, { stages: ['rewrite'] });
});
afterAll(async () => {
  await stories.close();
  await close();
});

const auth = () => `Authorization: Bearer ${secret}`;
const JSON_TYPE = 'Content-Type: application/json';

/** A POST of a project with these bytes for a body. */
function posting(body: string | Buffer, ...headers: readonly string[]): Buffer {
  const bytes = Buffer.from(body);
  const length = `Content-Length: ${bytes.length}`;
  const head = RawHttp.request(gateway.url, 'POST /v1/projects', [auth(), length, ...headers]);
  return Buffer.concat([Buffer.from(head), bytes]);
}

const asked = async (request: string | Buffer) => RawHttp.ask(gateway.url, request);

describe('A body', () => {
  test.each<[string, string | Buffer, number]>([
    ['with a name twice, of which the last counts', '{"topic":"a","topic":"b"}', 201],
    ['with __proto__', '{"topic":"a","__proto__":{"owner":"x"}}', 400],
    ['with __proto__ deep within', '{"topic":"a","settings":{"__proto__":{"scenes":1}}}', 400],
    ['with constructor.prototype', '{"topic":"a","constructor":{"prototype":{"x":1}}}', 400],
    ['with an unknown field', '{"topic":"a","toString":"b"}', 400],
    ['that is cut', '{"topic":"a', 400],
    ['with something after it', '{"topic":"a"}{}', 400],
    ['with a number that JavaScript has not', '{"topic":"a","settings":{"scenes":1e999}}', 422],
    ['with half a character', '{"topic":"\\ud800"}', 422],
    ['with a zero, which is left out', '{"topic":"a\\u0000b"}', 201],
    ['that is no UTF-8', Buffer.from([...Buffer.from('{"topic":"'), 0xff, 0xfe, ...Buffer.from('"}')]), 400],
    ['that is UTF-8 cut in two', Buffer.from([...Buffer.from('{"topic":"'), 0xe9, 0x9b, ...Buffer.from('"}')]), 400],
    ['with a mark of byte order', '\ufeff{"topic":"a"}', 201],
    ['with nothing in it, which is left out', '', 422],
    ['that is only space', '   ', 400],
    ['nested beyond reason', `{"topic":"a","settings":${'{"x":'.repeat(20_000)}1${'}'.repeat(20_000)}}`, 400],
    ['of UTF-16', Buffer.from('{"topic":"a"}', 'utf16le'), 400],
  ])('%s', async (_, body, status) => {
    const answer = await asked(posting(body, JSON_TYPE));
    expect([answer.status, answer.body.slice(0, 300)]).toEqual([status, expect.any(String)]);
    if (status >= 400) expect(JSON.parse(answer.body)).toMatchObject({ status });
  });

  test.each([
    ['POST /v1/batches', '{"projects":[', ']}'],
    ['POST /v1/projects', '{"topic":"a","start":{"stages":[', ']}}'],
    ['POST /v1/projects', '{"topic":"a","start":{"scenes":[', ']}}'],
    ['POST /v1/keys', '{"name":"a","scopes":[', ']}'],
  ])(
    'of %s with a list beyond all reason is refused for its length, and not item by item',
    async (line, head, tail) => {
      const [method = '', path = ''] = line.split(' ');
      const operator = await app.client.keys.create({ name: 'operator' });
      const answer = await new HttpUser(gateway.url, operator.secret).ask(
        method,
        path,
        `${head}${'1,'.repeat(400_000)}1${tail}`,
      );
      expect([answer.status, answer.body.errors?.length]).toEqual([422, 1]);
    },
  );

  test('with as many unknown names as it can hold has an answer of a few words', async () => {
    const names = Array.from({ length: 60_000 }, (_, i) => `"name-${i}":1`);
    const answer = await user.ask('POST', '/v1/projects', `{${names.join()}}`);
    expect(answer.status).toBe(400);
    expect(answer.text.length).toBeLessThan(4_000);
  });

  test.each([
    ['', 415],
    ['Content-Type: text/plain', 415],
    ['Content-Type: application/problem+json', 415],
    ['Content-Type: multipart/form-data; boundary=x', 415],
    ['Content-Type: application/json, text/plain', 415],
    ['Content-Type: application/json; charset=utf-16', 201],
    ['Content-Type: ;;;', 415],
    ['Content-Type: application/json\r\nContent-Encoding: gzip', 415],
    ['Content-Type: APPLICATION/JSON; charset="utf-8"', 201],
  ])('that is sent as "%s" is answered with %i', async (header, status) => {
    const answer = await asked(posting('{"topic":"a"}', ...(header === '' ? [] : [header])));
    expect([answer.status, answer.body]).toEqual([status, expect.any(String)]);
  });
});

describe('The bytes of a request', () => {
  const at = (line: string, ...headers: readonly string[]) => RawHttp.request(gateway.url, line, headers);
  const streamLine = (method = 'GET') => `${method} /v1/projects/${projectId}/events`;
  const chunked = (chunks: string) =>
    `${at('POST /v1/projects', auth(), JSON_TYPE, 'Transfer-Encoding: chunked')}${chunks}`;
  test.each<[string, () => string, number]>([
    ['without a host', () => `GET /v1 HTTP/1.1\r\nConnection: close\r\n\r\n`, 400],
    ['of a supervisor that speaks HTTP/1.0, without a host', () => `GET /healthz HTTP/1.0\r\n\r\n`, 200],
    ['with a dot at the end of the host', () => at('GET /v1').replace(/Host: .*/, 'Host: localhost.:80'), 200],
    ['with two hosts', () => at('GET /v1', 'Host: evil.example'), 400],
    ['with two credentials', () => at('GET /v1/projects', auth(), 'authorization: Bearer x'), 400],
    ['with two types', () => at('POST /v1/projects', auth(), JSON_TYPE, 'Content-Type: text/plain'), 400],
    ['with two keys', () => at('POST /v1/projects', auth(), 'Idempotency-Key: a', 'Idempotency-Key: b'), 400],
    ['with two places', () => at(streamLine(), auth(), 'Last-Event-ID: 1-0', 'Last-Event-ID: 2-0'), 400],
    ['for a stream, in capitals', () => at(streamLine('HEAD'), auth(), 'Accept: TEXT/EVENT-STREAM'), 200],
    ['for a stream, by an empty Accept', () => at(streamLine('HEAD'), auth(), 'Accept:'), 200],
    ['for a stream, as JSON', () => at(streamLine(), auth(), 'Accept: application/json'), 406],
    ['for a folder', () => at('GET /assets/'), 404],
    ['for another host', () => `GET /v1 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`, 403],
    ['of HTTP/2', () => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`, 400],
    ['of HTTP/0.9', () => `GET /v1\r\n\r\n`, 400],
    ['with a folded header', () => at('GET /v1', 'X-A: b\r\n c'), 400],
    ['with a space before the colon', () => at('GET /v1', 'X-A : b'), 400],
    ['with 17 KB of headers', () => at('GET /v1', `X-A: ${'x'.repeat(17_000)}`), 431],
    ['with two lengths', () => at('POST /v1/projects', auth(), 'Content-Length: 3', 'Content-Length: 4'), 400],
    ['with a negative length', () => at('POST /v1/projects', auth(), 'Content-Length: -1'), 400],
    ['with a length and chunks', () => at('POST /v1/projects', 'Content-Length: 3', 'Transfer-Encoding: chunked'), 400],
    ['whose chunk has no size', () => chunked('zz\r\n{}\r\n0\r\n\r\n'), 400],
    ['whose chunk is longer than stated', () => chunked('2\r\n{"topic":"a"}\r\n0\r\n\r\n'), 400],
    ['in good chunks', () => chunked('7\r\n{"topic\r\n6\r\n":"a"}\r\n0\r\n\r\n'), 201],
    ['that expects something else', () => at('POST /v1/projects', auth(), JSON_TYPE, 'Expect: 200-ok'), 417],
    ['that wants to be a tunnel', () => at(`CONNECT ${new URL(gateway.url).host}`), 405],
    ['of TRACE', () => at('TRACE /v1'), 405],
    ['for everything', () => at('OPTIONS *'), 404],
    ['to a proxy', () => at('GET http://evil.example/v1'), 403],
    ['by its whole address', () => at(`GET ${gateway.url}/v1/projects`, auth()), 200],
    ['by its whole address, in capitals', () => at(`GET ${gateway.url.toUpperCase()}/v1/projects`, auth()), 200],
    [
      'by its whole address and another host',
      () => at(`GET ${gateway.url}/v1`, 'X-A: b').replace(/Host: .*/, 'Host: evil.example'),
      200,
    ],
    ['by its whole address, with a wrong method', () => at(`PUT ${gateway.url}/v1/projects`, auth()), 405],
    ['by its whole address, with a name before it', () => at('GET http://127.0.0.1@evil.example/v1'), 403],
    ['by its whole address without a path', () => at(`GET ${gateway.url}?x=1`, auth()), 200],
    ['with bytes in the query that are no UTF-8', () => at('GET /v1/projects?q=%ff', auth()), 400],
    ['with half a character in the query', () => at('GET /v1/projects?q=%ED%A0%80', auth()), 400],
    ['with a query that is not encoded', () => at('GET /v1/projects?q=100%', auth()), 400],
    ['with a hash', () => at('GET /v1/projects#x', auth()), 400],
    ['that states the type of nothing', () => at('DELETE /v1/sessions/none', auth(), 'Content-Type: text/plain'), 404],
    ['that states no type of nothing', () => at('DELETE /v1/sessions/none', auth(), 'Content-Type:'), 404],
    ['that deletes by a text', () => at('DELETE /v1/sessions/none', auth(), 'Content-Length: 1') + 'x', 415],
    ['that wants a web socket', () => at('GET /v1', 'Upgrade: websocket', 'Connection: upgrade, close'), 200],
    ['with a doubled slash', () => at('GET //v1/projects', auth()), 404],
    ['with dots', () => at('GET /v1/../etc/passwd', auth()), 404],
    ['with dots in disguise', () => at('GET /v1/%2e%2e/%2e%2e/etc/passwd', auth()), 404],
    ['for a file by dots', () => at('GET /assets/..%2f..%2fpackage.json', auth()), 404],
    ['for a file by a backslash', () => at('GET /assets/..%5c..%5cpackage.json', auth()), 404],
    ['with a zero in the query', () => at('GET /v1/projects?q=%00', auth()), 422],
    ['with __proto__ in the query', () => at('GET /v1/projects?__proto__=1', auth()), 400],
    ['with a parameter twice', () => at('GET /v1/projects?limit=1&limit=2', auth()), 400],
  ])('%s', async (_, request, status) => {
    const answer = await asked(request());
    expect([answer.status, answer.head.split('\r\n')[0], answer.body.slice(0, 200)]).toEqual([
      status,
      expect.any(String),
      expect.any(String),
    ]);
    if (status >= 400) expect(JSON.parse(answer.body)).toMatchObject({ status });
    if (status !== 100)
      expect(answer.head).toMatch(/^content-security-policy: .*\r\n[^]*x-content-type-options: nosniff/im);
  });

  test('are named as the caller names them, if that can be written in a log, or as no other request', async () => {
    const nameOf = async (given?: string) => {
      const answer = await asked(at('GET /v1/nowhere', ...(given === undefined ? [] : [`X-Request-Id: ${given}`])));
      const [, name] = /^x-request-id: (.*)$/im.exec(answer.head) ?? [];
      expect(JSON.parse(answer.body)).toMatchObject({ instance: `/v1/requests/${name}` });
      return name;
    };
    expect(await nameOf('order-17:a.b')).toBe('order-17:a.b');
    const names = [
      await nameOf(),
      await nameOf(),
      await nameOf('a b'),
      await nameOf('x'.repeat(101)),
      await nameOf('é'),
    ];
    expect(new Set(names.map((name) => name?.replace(/^[0-9a-f-]{36}$/, 'own')))).toEqual(new Set(['own']));
    expect(new Set(names).size).toBe(names.length);
  });

  test('name the version of an edit by one tag or by several, strong or weak', async () => {
    const made = await app.client.create({ topic: 'a fox', owner });
    let edits = 0;
    const edited = async (...tags: string[]) => {
      const body = `{"topic":"hare ${(edits += 1)}"}`;
      const headers = [auth(), JSON_TYPE, `Content-Length: ${body.length}`, ...tags.map((tag) => `If-Match: ${tag}`)];
      const answer = await asked(at(`PATCH /v1/projects/${made}`, ...headers) + body);
      return [answer.status, (JSON.parse(answer.body) as { readonly version: number }).version];
    };
    expect(await edited('"v8", "v1-abc"')).toEqual([200, 2]);
    expect(await edited('"v1"', 'W/"v2"')).toEqual([200, 3]);
    expect(await edited('"v1", "v2"')).toEqual([412, 3]);
    expect(await edited('"v99999999999999999999"')).toEqual([412, 3]);
    for (const bad of ['v3', '"v3', '"v3", x', '"abc"', '', '*, "v3"']) expect((await edited(bad))[0]).toBe(400);
    expect(await edited('*')).toEqual([200, 4]);
  });

  test('that expects to continue is continued, and only with a credential taken', async () => {
    const expecting = (...headers: string[]) =>
      at('POST /v1/projects', JSON_TYPE, 'Expect: 100-continue', 'Content-Length: 13', ...headers);
    const client = await RawHttp.open(gateway.url);
    client.send(expecting(auth()));
    await until('100', () => client.answers()[0]?.status === 100);
    client.send('{"topic":"a"}');
    await client.closed();
    expect(client.answers().map(({ status }) => status)).toEqual([100, 201]);
  });

  test('many in one piece are answered in their turn', async () => {
    const client = await RawHttp.open(gateway.url);
    const { host } = new URL(gateway.url);
    const one = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${auth()}\r\n${more}\r\n`;
    const paths = Array.from({ length: 60 }, (_, i) =>
      i % 3 === 0 ? '/v1/nowhere' : i % 3 === 1 ? '/healthz' : '/v1',
    );
    client.send(paths.map((path) => one(path)).join('') + one('/v1', 'Connection: close\r\n'));
    await client.closed();
    const expected = paths.map((path) => (path === '/v1/nowhere' ? 404 : 200));
    expect(client.answers().map(({ status }) => status)).toEqual([...expected, 200]);
  });
});

describe('Streams', () => {
  const request = () =>
    `GET /v1/projects/${projectId}/events HTTP/1.1\r\nHost: ${new URL(gateway.url).host}\r\n${auth()}\r\n\r\n`;

  const statusOfAnother = async () => {
    const client = await RawHttp.open(gateway.url);
    client.send(request());
    await until('an answer', () => client.received.includes('\r\n\r\n'));
    client.leave();
    return client.answers()[0]?.status;
  };

  test('have the name of their request, as every answer has', async () => {
    const client = await RawHttp.open(gateway.url);
    client.send(request().replace('\r\n\r\n', '\r\nX-Request-Id: order-17\r\n\r\n'));
    await until('an answer', () => client.received.includes('\r\n\r\n'));
    client.leave();
    expect(client.answers()[0]?.head).toMatch(/^x-request-id: order-17$/im);
  });

  test('that were asked for behind another one are let go with their socket', async () => {
    // The healthy viewer has one of five.
    for (let round = 0; round < 4; round += 1) {
      const clients: RawHttp[] = [];
      await until('all that may be', async () => {
        const client = await RawHttp.open(gateway.url);
        clients.push(client);
        // In one piece: node reads no further request while a long answer waits for its turn.
        client.send(request().repeat(2));
        return (await statusOfAnother()) === 429;
      });
      for (const client of clients) client.leave();
      await until('room again', async () => (await statusOfAnother()) === 200);
    }
  });

  test.each(['x', '-1', '0', '1-', '9'.repeat(30), '1-1-1', '1764000000000-0;', '../etc', '%00', '1e3-0'])(
    'that continue after "%s" are one clear problem',
    async (id) => {
      const path = `/v1/projects/${projectId}/events`;
      for (const answer of [
        await user.ask('GET', path, undefined, { 'last-event-id': id }),
        await user.ask('GET', `${path}?cursor=${encodeURIComponent(id)}`),
      ]) {
        expect([id, answer.status, answer.body?.code]).toEqual([id, 400, 'Request.Invalid']);
      }
    },
  );
});

describe('Addresses', () => {
  test('take HEAD where they take GET, and OPTIONS everywhere, with one answer each', async () => {
    const document = (await user.ask('GET', '/v1/openapi.json')).body as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
    };
    for (const [template, operations] of Object.entries(document.paths)) {
      const path = template
        .replace('{id}', projectId)
        .replace('{batchId}', 'none')
        .replace('{sha256}', 'a'.repeat(64))
        .replace(/\{\w+\}/, 'none');
      const options = await user.ask('OPTIONS', path);
      expect([template, options.status]).toEqual([template, 204]);
      const allowed = options.headers.get('allow')?.split(', ');
      for (const method of Object.keys(operations)) expect(allowed).toContain(method.toUpperCase());
      const head = await fetch(gateway.url + path, { method: 'HEAD', headers: { authorization: `Bearer ${secret}` } });
      if (!operations['get']) expect([template, head.status]).toEqual([template, 405]);
      else if (!template.endsWith('/events')) {
        expect([template, head.status]).toEqual([template, (await user.ask('GET', path)).status]);
      }
    }
  });

  test.each(['%2e%2e', '..%2f..', '%00', '%252e%252e', 'a'.repeat(63), 'A'.repeat(64), `${'a'.repeat(64)}%00`, '*'])(
    'of media with "%s" lead nowhere',
    async (name) => {
      const answer = await asked(RawHttp.request(gateway.url, `GET /v1/projects/${projectId}/media/${name}`, [auth()]));
      expect([400, 404, 422]).toContain(answer.status);
      expect(JSON.parse(answer.body)).toMatchObject({ status: answer.status });
    },
  );
});

test.each([
  ['', null],
  ['identity', null],
  ['gzip', 'gzip'],
  ['gzip, br', 'br'],
  ['GZIP ; q=0.5,br;q=0', 'gzip'],
  ['br;q=0.000, gzip;q=0', null],
  ['br;q=0.001', 'br'],
  ['brx, x-gzip', null],
  [`br${' '.repeat(14_000)};x`, 'br'],
])('A page for "%.20s" is encoded as %s', async (accepted, coding) => {
  const { head } = await asked(RawHttp.request(gateway.url, 'GET /', [`Accept-Encoding: ${accepted}`]));
  expect(/^content-encoding: (\w+)/im.exec(head)?.[1] ?? null).toBe(coding);
});

test('Whatever headers and parameters a request has, it gets one answer that is stated, and nobody else may keep it', async () => {
  const { paths } = (await user.ask('GET', '/v1/openapi.json')).body as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  };
  const templates = Object.keys(paths).filter((path) => paths[path]?.['get'] && !path.endsWith('/events'));
  const odd = fc.oneof(
    fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 40 }),
    fc.constantFrom(
      '*',
      '""',
      'W/"x", "v1"',
      'bytes=-',
      'bytes=0-,1-',
      'wait=-1',
      'wait=1, wait=1',
      'text/event-stream',
      '0',
    ),
  );
  const name = fc.constantFrom(
    ...['accept', 'accept-encoding', 'cookie', 'forwarded', 'if-match', 'if-none-match', 'if-range', 'last-event-id'],
    ...[
      'origin',
      'prefer',
      'range',
      'referer',
      'sec-fetch-mode',
      'sec-fetch-site',
      'via',
      'x-forwarded-for',
      'x-request-id',
    ],
  );
  const parameter = fc.oneof(
    fc.constantFrom(
      'after',
      'batch',
      'cursor',
      'download',
      'lane',
      'limit',
      'owner',
      'project',
      'q',
      'status',
      '__proto__',
    ),
    fc.string({ maxLength: 5 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...templates),
      fc.dictionary(name, odd, { maxKeys: 4 }),
      fc.array(fc.tuple(parameter, fc.string({ unit: 'grapheme', maxLength: 20 })), { maxLength: 3 }),
      async (template, headers, query) => {
        const path = template
          .replace('{id}', projectId)
          .replace('{sha256}', 'a'.repeat(64))
          .replace(/\{\w+\}/, 'none');
        const rest = new URLSearchParams(query.map(([key, value]): [string, string] => [key, value]));
        const trimmed = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, value.trim()]));
        const answer = await user.ask('GET', `${path}?${rest.toString()}`, undefined, trimmed);
        expect(answer.status).toBeLessThan(500);
        expect(answer.headers.get('cache-control')).toMatch(/no-store|private/);
        if (answer.status >= 400) {
          expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
          expect(answer.body).toMatchObject({ type: `/v1/errors#${answer.body.code}`, status: answer.status });
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('A gateway at localhost is the same by each address of this name, or is not there', async () => {
  const named = await startGateway(env, 'localhost:0');
  const { port } = new URL(named.url);
  const addresses = await lookup('localhost', { all: true });
  const answers = await Promise.all(
    addresses.map(async ({ address, family }) => {
      const url = `http://${family === 6 ? `[${address}]` : address}:${port}`;
      return RawHttp.ask(url, 'no HTTP\r\n\r\n').catch(() => undefined);
    }),
  );
  const there = answers.filter((answer) => answer !== undefined);
  expect(there.length).toBeGreaterThan(0);
  for (const { body } of there) expect(body).toContain('"code":"Request.Invalid"');
  await named.stop();
});

test('Whatever an operation is asked, it gives one answer of those that it states, and never fails', async () => {
  const document = (await user.ask('GET', '/v1/openapi.json')).body as ApiDocument;
  // No worker has its task queue, so what is started does not begin.
  const idle = await startGateway({ ...env, TEMPORAL_TASK_QUEUE: `nobody-${randomUUID()}` });
  const made = await app.client.create({ topic: 'a fox', owner });
  const token = await app.client.tokens.create(made, { seconds: 900 });
  const operator = new HttpUser(idle.url, (await app.client.keys.create({ name: 'operator' })).secret);
  const people = [new HttpUser(idle.url, secret), operator, new HttpUser(idle.url)];
  const gone = randomUUID();
  const known = {
    id: [made, made.toUpperCase(), gone],
    batchId: ['none'],
    token: [token.id],
    sha256: ['a'.repeat(64)],
  };
  const starts = ['/start', '/batches'];
  const isStream = (operation: string) => operation.endsWith('/events');
  const requests = fc.oneof(
    {
      arbitrary: requestsOf(document, known, (each) => !isStream(each) && !starts.some((end) => each.endsWith(end))),
      weight: 9,
    },
    { arbitrary: requestsOf(document, { id: [gone] }, (each) => starts.some((end) => each.endsWith(end))), weight: 1 },
  );
  await fc.assert(
    fc.asyncProperty(requests, fc.constantFrom(...people), async ({ method, path, headers, body }, who) => {
      // What it made is what others are asked about.
      fc.pre(!(method === 'DELETE' && path.includes(made)));
      const answer = await who.ask(method, path, body, headers);
      expect([method, path, answer.status < 500]).toEqual([method, path, true]);
      expect(answer.headers.get('cache-control')).toMatch(/no-store|private/);
      expect(answer.headers.get('x-request-id')).toMatch(/^[\w.:-]{1,100}$/);
      if (answer.status < 400) return;
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(answer.body).toMatchObject({ type: `/v1/errors#${answer.body.code}`, status: answer.status });
      expect(answer.text.length).toBeLessThan(8_000);
    }),
    { numRuns: 800 },
  );
  await idle.stop();
});

test('A medium whose file has another length than its row is cut off, and the next answer on the connection is right', async () => {
  const folder = join(fromSetup('STORYREEL_TEST_FOLDER'), `media-${randomUUID()}`);
  const other = await startGateway({ ...env, MEDIA_DIR: folder });
  const media = new FolderStore(folder);
  const project = await app.client.create({ topic: 'a fox', owner });
  const stored = await media.put(Buffer.alloc(500_000, 'a fox '), 'video/mp4');
  const { sha256, bytes, key } = stored;
  await storeFilm(database.dataSource, project, stored);
  const { host } = new URL(other.url);
  const line = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${auth()}\r\n${more}\r\n`;
  const medium = `/v1/projects/${project}/media/${sha256}`;
  for (const [length, more] of [
    [bytes, ''],
    [bytes - 1, ''],
    [bytes + 1, ''],
    [0, ''],
    [1_000, 'Range: bytes=500-9999\r\n'],
  ] as const) {
    await truncate(join(folder, key), length);
    const client = await RawHttp.open(other.url);
    client.send(line(medium, more) + line('/v1/nowhere', 'Connection: close\r\n'));
    await client.closed();
    const [first, second] = client.answers();
    if (length === bytes) expect([first?.status, second?.status]).toEqual([200, 404]);
    // Nothing was sent yet.
    else if (length === 0) expect([first?.status, second?.status]).toEqual([503, 404]);
    else {
      expect(second).toBeUndefined();
      expect(first?.body.length).toBeLessThanOrEqual(length);
    }
  }
  await other.stop();
});

test('Whoever shows a key in the wrong place finds it neither in an answer nor in the audit', async () => {
  const operator = await app.client.keys.create({ name: 'operator' });
  const caller = new HttpUser(gateway.url, operator.secret);
  const leaked = (await ownKey(app)).secret;
  const { secret: session } = await app.client.sessions.create();
  for (const [method, path] of [
    ['DELETE', `/v1/keys/${leaked}`],
    ['DELETE', `/v1/sessions/${session}`],
    ['DELETE', `/v1/projects/${projectId}/tokens/${leaked}`],
    ['GET', `/v1/projects/${leaked}`],
  ] as const) {
    const answer = await caller.ask(method, path);
    expect([path, answer.status]).toEqual([path, 404]);
    expect(answer.text).not.toContain(leaked);
  }
  expect(await app.client.keys.revoke(leaked)).toBe(true);
  const stored = await until('the audit', async () => {
    const rows = await database.dataSource.query<object[]>(`SELECT * FROM audit WHERE credential = $1`, [
      `key:${operator.id}`,
    ]);
    return rows.length === 3 && JSON.stringify(await database.dataSource.query('SELECT * FROM audit'));
  });
  for (const one of [leaked, session]) expect(stored).not.toContain(one);
});

test('A change whose asker leaves has its outcome in the audit', async () => {
  const made = await app.client.create({ topic: 'a fox', owner });
  const runner = database.dataSource.createQueryRunner();
  await runner.startTransaction();
  await runner.query('LOCK TABLE projects IN ACCESS EXCLUSIVE MODE');
  const client = await RawHttp.open(gateway.url);
  const body = '{"lane":"rewrite"}';
  const head = [auth(), JSON_TYPE, `Content-Length: ${body.length}`];
  client.send(RawHttp.request(gateway.url, `POST /v1/projects/${made}/retry`, head, body));
  const find = () =>
    database.dataSource.query<{ readonly status: number; readonly ended_at: Date | null }[]>(
      `SELECT status, ended_at FROM audit WHERE project = $1 AND credential IS NOT NULL`,
      [made],
    );
  await until('it is asked', async () => (await find()).length === 1);
  client.leave();
  await runner.commitTransaction();
  await runner.release();
  const entry = await until('its end', async () => (await find()).find((each) => each.ended_at !== null));
  expect(entry.status).toBe(409);
});

test('Whoever repeats a request by its key makes one project, whatever comes between', async () => {
  const key = { 'idempotency-key': randomUUID() };
  const body = { topic: 'a fox' };
  const all = await Promise.all(Array.from({ length: 8 }, () => user.ask('POST', '/v1/projects', body, key)));
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(all.map((each) => each.body.projectId as string)).size).toBe(1);
  const replayed = all.map(({ headers }) => headers.get('idempotency-replayed'));
  expect(replayed.sort()).toEqual([null, ...Array<string>(7).fill('true')].sort());
  const other = await user.ask('POST', '/v1/projects', { topic: 'a hare' }, key);
  expect(other).toMatchObject({ status: 422, body: { code: 'Request.Repeated' } });
  const stranger = new HttpUser(gateway.url, (await ownKey(app)).secret);
  const theirs = await stranger.ask('POST', '/v1/projects', body, key);
  expect([theirs.status, theirs.headers.get('idempotency-replayed')]).toEqual([201, null]);
  expect(theirs.body.projectId).not.toBe(all[0]?.body.projectId);
  for (const bad of ['', ' ', 'x'.repeat(201), 'é']) {
    const answer = await asked(posting('{"topic":"a"}', JSON_TYPE, `Idempotency-Key: ${bad}`));
    expect([bad, answer.status]).toEqual([bad, 400]);
  }
});

test.each([
  { stages: [] },
  { scenes: [9] },
  { stages: ['video_generation'] },
  { stages: ['film'] },
  { gates: ['cut'] },
])('A project that could not be started with %j is not stored', async (start) => {
  const key = await ownKey(app);
  const own = new HttpUser(gateway.url, key.secret);
  expect((await own.ask('POST', '/v1/estimates', { start })).status).toBe(422);
  expect((await own.ask('POST', '/v1/projects', { topic: 'a fox', start })).status).toBe(422);
  expect((await own.ask('GET', '/v1/projects')).body).toEqual({ projects: [] });
});

test('A project is deleted of the version that is named, or of any', async () => {
  const [made, other] = [
    await app.client.create({ topic: 'a fox', owner }),
    await app.client.create({ topic: 'b', owner }),
  ];
  await app.client.edit(made, { topic: 'a hare' });
  const deletion = (id: string, tag: string) =>
    user.ask('DELETE', `/v1/projects/${id}`, undefined, { 'if-match': tag });
  expect(await deletion(made, '"v1"')).toMatchObject({ status: 412, body: { code: 'Project.Conflict', version: 2 } });
  expect((await deletion(made, 'v2')).status).toBe(400);
  expect((await user.ask('GET', `/v1/projects/${made}`)).status).toBe(200);
  await expect(stories.delete(made, { version: 1 })).rejects.toMatchObject({ type: 'Project.Conflict', status: 412 });
  expect((await deletion(made, 'W/"v2-abc"')).status).toBe(204);
  expect((await deletion(other, '*')).status).toBe(204);
});

test.each<[string, string, string | RegExp]>([
  [
    'POST /v1/projects',
    "{'topic': 'a fox'}",
    /^The body is not JSON from character 2 on: names and texts are in double quotes/,
  ],
  ['POST /v1/projects', '{"topic": "a fox", "__proto__": {}}', /such as __proto__/],
  ['POST /v1/projects', '["a fox"]', 'The body cannot be taken. must be an object'],
  [
    'POST /v1/projects',
    '{"topc": 1}',
    /There is no "topc" here\. There are topic, name, owner, settings, budget, start$/,
  ],
  [
    'POST /v1/projects',
    '{"topic": "a", "settings": {"scene": 1}}',
    /settings: There is no "scene" here\. There are scenes, style, /,
  ],
  ['POST /v1/tokens', '{}', 'The body cannot be taken. project: is missing'],
  [
    'POST /v1/tokens',
    `{"project": "${randomUUID()}", "seconds": 0}`,
    'The body cannot be taken. seconds: must be at least 1',
  ],
  ['POST /v1/batches', '{}', /^No project was given/],
  [
    'POST /v1/batches',
    '{"projects": [7]}',
    /^The body cannot be taken\. projects\/0: must be a project, or the id of one$/,
  ],
  ['GET /v1/projects?limit=0', '', 'The query cannot be taken. limit: must be at least 1'],
  ['GET /v1/projects?status=done', '', /status: must be one of draft, queued, /],
  ['GET /v1/projects?page=2', '', /There is no "page" here\. There are owner, limit, after, status, batch, q$/],
])('A newcomer who asks %s with %s reads what to correct', async (line, body, detail) => {
  const [method = '', path = ''] = line.split(' ');
  const answer = await user.ask(method, path, body === '' ? undefined : body);
  expect([answer.status, answer.body.detail]).toEqual([expect.any(Number), expect.stringMatching(detail)]);
});

test('Whoever makes a client of the document can send each header that an operation takes', async () => {
  interface Parameter {
    readonly in: string;
    readonly name: string;
    readonly required: boolean;
  }
  type Paths = Readonly<Record<string, Readonly<Record<string, { readonly parameters?: readonly Parameter[] }>>>>;
  const { paths } = (await user.ask('GET', '/v1/openapi.json')).body as { readonly paths: Paths };
  const taken = (path: string, method: string) =>
    (paths[path]?.[method]?.parameters ?? [])
      .filter((each) => each.in === 'header')
      .map(({ name, required }) => (required ? `${name}!` : name));
  const project = '/v1/projects/{id}';
  expect(taken(project, 'patch')).toEqual(['If-Match!', 'Storyreel-By']);
  expect(taken(project, 'delete')).toEqual(['If-Match', 'Storyreel-By']);
  expect(taken(project, 'get')).toEqual(['If-None-Match', 'Prefer']);
  expect(taken('/v1/projects', 'post')).toEqual(['Idempotency-Key', 'Storyreel-By']);
  expect(taken(`${project}/events`, 'get')).toEqual(['Last-Event-ID']);
  expect(taken(`${project}/media/{sha256}`, 'get')).toEqual(['If-None-Match', 'Range', 'If-Range']);
  expect(taken('/v1/estimates', 'post')).toEqual([]);
});

test('The healthy viewer beside all of it has every byte', async () => {
  await studio.release(mark);
  await watching;
  expect(page.lanes.get(laneId('rewrite'))).toMatchObject({ text, proof: 'verified' });
});
