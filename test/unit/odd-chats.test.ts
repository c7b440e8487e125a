import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { classify } from '../../src/activities/lanes/stage-failure';
import { OpenAiText, type TextChunk } from '../../src/providers';

/** What real services send, byte for byte, over HTTP. */
describe('A chat server', () => {
  let server: Server;
  let reply: (response: ServerResponse, body: Readonly<Record<string, unknown>>) => void;
  let models = 0;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () =>
        reply(response, JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, unknown>),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Asks for a text, and gathers what comes. */
  async function ask(maxTokens = 9) {
    const { port } = server.address() as AddressInfo;
    const chunks: TextChunk[] = [];
    // What is learned of a model must not change what the next is asked.
    const options = { baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: 'k', model: `m-${++models}`, jsonSchema: true };
    const messages = [{ role: 'user' as const, content: 'A fox in the deep snow, and nothing else at all.' }];
    await new OpenAiText(options).stream(
      { messages, maxTokens, temperature: 0.5 },
      (chunk) => void chunks.push(chunk),
      new AbortController().signal,
    );
    return chunks;
  }

  const refusal = async (status: number, body: unknown, headers = {}) => {
    reply = (response) =>
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    return classify(await ask().catch((error: unknown) => error));
  };
  const error = (message: string, more: object = {}) => ({ error: { message, ...more } });

  test.each<[who: string, status: number, body: unknown, type: string, words: string]>([
    ['Cohere', 401, { message: 'invalid api token' }, 'Provider.Unauthorized', 'invalid api token'],
    ['Cohere', 400, { id: 'x', message: 'no such field' }, 'Provider.BadRequest', 'no such field'],
    ['an AWS gateway', 403, { Message: 'not authorized to invoke' }, 'Provider.Unauthorized', 'to invoke'],
    ['RFC 9457', 400, { title: 'Too many scenes', status: 400 }, 'Provider.BadRequest', 'Too many scenes'],
    ['a flag', 500, { error: true, message: 'GPU is lost' }, 'Provider.Unavailable', 'GPU is lost'],
    ['a bare text', 403, JSON.stringify('Forbidden here'), 'Provider.Unauthorized', 'Forbidden here'],
    ['TGI', 422, { error: 'inputs are too many', error_type: 'validation' }, 'Provider.BadRequest', 'too many'],
    [
      'OpenRouter, in JSON',
      400,
      error('Provider returned error', {
        code: 400,
        metadata: { provider_name: 'Crucible', raw: JSON.stringify(error('at most 1 image', { code: 'invalid' })) },
      }),
      'Provider.BadRequest',
      'at most 1 image',
    ],
    [
      'OpenRouter, in words',
      429,
      error('Provider returned error', { code: 429, metadata: { raw: 'busy upstream. Please retry in 2s.' } }),
      'Provider.RateLimited',
      'busy upstream',
    ],
    [
      'OpenRouter, by its type',
      403,
      error('No.', { code: 403, metadata: { error_type: 'content_policy_violation' } }),
      'Provider.Refused',
      'No.',
    ],
  ])('has the reason of its refusal kept, as %s writes it', async (_who, status, body, type, words) => {
    const failure = await refusal(status, body);
    expect(failure.type).toBe(type);
    expect(failure.message).toContain(words);
  });

  test.each<[who: string, status: number, body: unknown]>([
    ['DeepSeek', 400, error('Content Exists Risk', { type: 'invalid_request_error', code: 'invalid_request_error' })],
    ['DashScope', 400, error('Input data may contain inappropriate content.', { code: 'data_inspection_failed' })],
    ['OpenRouter', 403, error('a/b requires moderation on X. Your input was flagged for "violence".', { code: 403 })],
    ['OpenAI', 400, error('Your prompt was flagged as potentially violating our policy.', { code: 'invalid_prompt' })],
    ['xAI', 403, { code: 'No permission', error: 'Content violates usage guidelines. Failed check: SAFETY' }],
    ['MiniMax', 200, { choices: null, base_resp: { status_code: 1026, status_msg: 'input new_sensitive' } }],
  ])('refuses the content in the words of %s, whatever the status', async (_who, status, body) => {
    expect((await refusal(status, body)).type).toBe('Provider.Refused');
  });

  test.each<[who: string, status: number, body: unknown]>([
    ['Anthropic', 400, error('Your credit balance is too low to access the API.', { type: 'invalid_request_error' })],
    ['Moonshot', 429, error('Your account is suspended', { type: 'exceeded_current_quota_error' })],
    ['xAI', 429, { code: 'Some resource has been exhausted', error: 'Your team has used all available credits.' }],
    ['Fireworks', 412, error('The account is suspended, possibly due to reaching the monthly spending limit.')],
    [
      'DashScope',
      403,
      error('The free tier of the model has been exhausted.', { code: 'AllocationQuota.FreeTierOnly' }),
    ],
    ['new-api', 401, error('该令牌额度已用尽', { type: 'new_api_error' })],
  ])('is out of credit in the words of %s, whatever the status', async (_who, status, body) => {
    expect((await refusal(status, body)).type).toBe('Provider.QuotaExhausted');
  });

  test('that has moved is named by its new place, without a key in it', async () => {
    const failure = await refusal(308, '', { location: 'https://api.example.com/v1/chat/completions?key=secret' });
    expect(failure.type).toBe('Provider.NotFound');
    expect(failure.message).toContain('https://api.example.com/v1/chat/completions now');
    expect(failure.message).not.toContain('secret');
  });

  test.each([
    ['DashScope', 'Range of max_tokens should be [1, 4096]'],
    ['DeepSeek', 'Invalid max_tokens value, the valid range of max_tokens is [1, 4096]'],
    ['Anthropic', 'max_tokens: 9000 > 4096, which is the maximum allowed number of output tokens'],
  ])('states the longest answer in the words of %s, and is asked for no more', async (_who, words) => {
    const asked: unknown[] = [];
    reply = (response, { max_tokens: most }) => {
      asked.push(most);
      if (Number(most) > 4096) return void response.writeHead(400).end(JSON.stringify(error(words)));
      response.end('data: {"choices":[{"delta":{"content":"A fox."},"finish_reason":"stop"}]}\n\n');
    };
    await ask(9_000);
    expect(asked).toEqual([9_000, 4_096]);
  });

  test('may send thoughts in a list of details, as MiniMax does', async () => {
    const thought = { reasoning_details: [{ type: 'reasoning.text', text: 'hm' }] };
    reply = (response) =>
      response.end(
        [thought, { content: 'A fox.' }]
          .map((delta) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`)
          .join('') + 'data: [DONE]\n\n',
      );
    expect((await ask()).slice(0, 2)).toEqual([
      { type: 'thought', text: 'hm' },
      { type: 'text', text: 'A fox.' },
    ]);
  });

  test('behind OpenRouter teaches its parameters, too', async () => {
    const raw = JSON.stringify(error("'temperature' is not supported", { param: 'temperature', code: 'unsupported' }));
    reply = (response, { temperature }) => {
      if (temperature === undefined) {
        response.end('data: {"choices":[{"delta":{"content":"A fox."},"finish_reason":"stop"}]}\n\n');
      } else response.writeHead(400).end(JSON.stringify(error('Provider returned error', { metadata: { raw } })));
    };
    expect(await ask()).toContainEqual({ type: 'text', text: 'A fox.' });
  });
});
