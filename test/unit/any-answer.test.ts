import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { classify } from '../../src/activities/lanes/stage-failure';
import { OpenAiImage, OpenAiText, OpenAiVideo } from '../../src/providers';

const NAMES = (
  'error errors message code type status id task_id data output url b64_json choices delta content finish_reason usage ' +
  'prompt_tokens detail base_resp status_code status_msg success object progress param text refusal images video __proto__'
).split(' ');
const WORDS = [
  '',
  'stop',
  'length',
  'content_filter',
  'failed',
  'completed',
  'queued',
  '429',
  'http://[',
  '//',
  'data:,',
];

const leaf = fc.oneof(fc.constantFrom(null, true, 0, -1, 1.5, 1e21, {}, [], '\ud83d', ...WORDS), fc.string());
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 4 }),
  ),
}));
const optional = { requiredKeys: [] };
const delta = fc.record({ content: value, refusal: value, reasoning_content: value }, optional);
const choice = fc.record(
  { delta: fc.oneof(delta, value), message: value, finish_reason: value, error: value },
  optional,
);
const chunk = fc.record(
  { choices: fc.oneof(value, fc.array(choice, { maxLength: 2 })), usage: value, error: value },
  optional,
);
const json = fc.oneof(value, chunk).map((each) => JSON.stringify(each));
const events = fc
  .array(
    fc.oneof(
      json.map((each) => `data: ${each}\n\n`),
      fc.constantFrom('data: [DONE]\n\n', ': x\n\n', 'error: 5\n\n'),
    ),
    {
      maxLength: 6,
    },
  )
  .map((all) => all.join(''));
const body = fc.oneof(
  json,
  events,
  fc.constantFrom('', '<html><title>x', '<?xml version="1.0"?><Error/>', '[DONE]', '\ufeff{}', '{"a":'),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const REFUSALS = [204, 300, 302, 307, 400, 401, 402, 403, 404, 408, 409, 413, 425, 429, 451, 500, 502, 503, 524, 529];
const head = fc.record({
  status: fc.oneof({ arbitrary: fc.constantFrom(200, 201, 202), weight: 2 }, fc.constantFrom(...REFUSALS)),
  type: fc.constantFrom('application/json', 'text/event-stream', 'text/html', 'image/png', ''),
  packing: fc.constantFrom('', 'gzip', 'false gzip', 'br', 'zstd'),
  location: fc.constantFrom('/x', 'http://[', '//'),
  retryAfter: fc.constantFrom('', 'x', '-5', '1e9', 'NaN'),
  end: fc.constantFrom('whole', 'cut', 'short'),
});
type Head = typeof head extends fc.Arbitrary<infer T> ? T : never;

function send(
  response: ServerResponse,
  { status, type, packing, location, retryAfter, end }: Head,
  text: string,
): void {
  const bytes = packing === 'gzip' ? gzipSync(text) : Buffer.from(text);
  response.writeHead(status, {
    'content-type': type,
    location,
    'retry-after': retryAfter,
    'content-encoding': packing.replace('false ', ''),
    ...(end === 'short' && { 'content-length': bytes.length + 50 }),
  });
  if (end === 'whole') return void response.end(status === 204 ? undefined : bytes);
  response.write(bytes, () => response.destroy());
}

describe('Whatever a server answers to', () => {
  let server: Server;
  let reply: (response: ServerResponse) => void;
  let models = 0;

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume().on('end', () => reply(response));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const { signal } = new AbortController();
  const order = { seconds: 3, size: '64x36' };
  const image = { bytes: Buffer.from('x'), mediaType: 'image/png' };
  const messages = [{ role: 'user' as const, content: 'A fox in the snow, and nothing else.' }];
  // What is learned of a model must not change what is asked of the next.
  const options = () => ({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    apiKey: 'k',
    model: `m-${++models}`,
    jsonSchema: true,
  });
  const video = () => new OpenAiVideo(options());

  test.each<[what: string, ask: () => Promise<unknown>]>([
    [
      'a text',
      () => new OpenAiText(options()).stream({ messages, maxTokens: 9, temperature: 0 }, () => undefined, signal),
    ],
    [
      'an image',
      () => new OpenAiImage(options()).generate({ prompt: 'a', size: '64x36', idempotencyKey: 'k' }, signal),
    ],
    ['a job', () => video().submit({ prompt: 'a', image, wanted: order, order, idempotencyKey: 'k' }, signal)],
    ['a question after a job', () => video().poll('job', signal)],
    ['a download', () => video().download('job', undefined, () => Promise.resolve(), signal)],
    ['a cancel', () => video().cancel('job', signal)],
  ])('%s, it is a result or a failure with a name', async (_what, ask) => {
    await fc.assert(
      fc.asyncProperty(head, body, async (given, text) => {
        let asked = 0;
        reply = (response) => {
          asked += 1;
          send(response, given, text);
        };
        const failure = await ask().then(
          () => undefined,
          (error: unknown) => classify(error),
        );
        expect(failure?.type).not.toBe('Internal');
        expect(asked).toBeLessThanOrEqual(8);
      }),
    );
  });
});
