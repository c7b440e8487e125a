import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { classify } from '../../src/activities/lanes/stage-failure';
import { mayBeCharged } from '../../src/activities/usage/call-cost';
import { OpenAiText, type ChatMessage, type TextChunk } from '../../src/providers';

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
  async function ask(maxTokens = 9, before: readonly ChatMessage[] = []) {
    const { port } = server.address() as AddressInfo;
    const chunks: TextChunk[] = [];
    // What is learned of a model must not change what the next is asked.
    const options = { baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: 'k', model: `m-${++models}`, jsonSchema: true };
    const messages = [
      ...before,
      { role: 'user' as const, content: 'A fox in the deep snow, and nothing else at all.' },
    ];
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

  test.each<[who: string, status: number, body: unknown, type: string, words: string]>([
    [
      'Fastify',
      400,
      { statusCode: 400, error: 'Bad Request', message: 'body/model is unknown' },
      'Provider.BadRequest',
      'body/model is unknown',
    ],
    ['OAuth', 401, { error: 'invalid_token', error_description: 'it has expired' }, 'Provider.Unauthorized', 'expired'],
    [
      'Gemini',
      400,
      [error('API key not valid.', { code: 400, details: [{ reason: 'API_KEY_INVALID' }] })],
      'Provider.Unauthorized',
      'API key',
    ],
    [
      'OpenAI',
      403,
      error('Project `p` does not have access to model `m`', { code: 'model_not_found' }),
      'Provider.NotFound',
      'access to model',
    ],
    ['Zhipu', 400, error('模型不存在,请检查模型代码。', { code: '1211' }), 'Provider.NotFound', '模型不存在'],
    ['SiliconFlow', 400, { code: 20012, message: 'Model does not exist.' }, 'Provider.NotFound', 'does not exist'],
    ['MiniMax', 200, { base_resp: { status_code: 2013, status_msg: 'no model' } }, 'Provider.BadRequest', 'no model'],
    ['MiniMax', 200, { base_resp: { status_code: 2049, status_msg: 'bad key' } }, 'Provider.Unauthorized', 'bad key'],
    ['Groq', 498, error('Flex tier capacity exceeded'), 'Provider.Unavailable', 'capacity'],
    ['TGI', 424, { error: 'CUDA out of memory', error_type: 'generation' }, 'Provider.Unavailable', 'CUDA'],
    ['a gateway', 200, { status: 'error', message: 'the model is loading' }, 'Provider.Unavailable', 'is loading'],
  ])('means what %s means by its refusal', async (_who, status, body, type, words) => {
    const failure = await refusal(status, body);
    expect(failure.type).toBe(type);
    expect(failure.message).toContain(words);
  });

  test.each<[how: string, body: object, headers: Record<string, string>, ms: number]>([
    ['in seconds with their sign', {}, { 'retry-after': '7s' }, 7_000],
    ['in minutes and seconds', {}, { 'retry-after': '1m30s' }, 90_000],
    ['in words', {}, { 'retry-after': '2 minutes 5 seconds' }, 125_000],
    ['beside what is no time', { retry_after: 9 }, { 'retry-after': '5, 7' }, 9_000],
    ['as OpenAI’s limit of requests', {}, { 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
    [
      'as the limit that is used up, and not the other',
      {},
      {
        ...{ 'x-ratelimit-remaining-requests': '9', 'x-ratelimit-reset-requests': '9m' },
        ...{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1m2s' },
      },
      62_000,
    ],
    ['as RFC drafts do', {}, { 'ratelimit-remaining': '0', 'ratelimit-reset': '12' }, 12_000],
    ['as newer drafts do', {}, { ratelimit: '"default";r=0;t=12' }, 12_000],
    ['beside the words', { retry_after: 9 }, {}, 9_000],
    ['beside the words, in milliseconds', { retry_after_ms: 9_000 }, {}, 9_000],
    ['in Chinese words', { message: '请求过于频繁,请在 20 秒后重试' }, {}, 20_000],
  ])('states when to try again %s', async (_how, body, headers, ms) => {
    expect(await refusal(429, error('slow', body), headers)).toMatchObject({
      type: 'Provider.RateLimited',
      retryAfterMs: ms,
    });
  });

  test.each<[how: string, headers: (at: number) => Record<string, string>]>([
    ['in seconds since 1970', (at) => ({ 'x-ratelimit-reset': String(at / 1_000) })],
    ['in milliseconds since 1970', (at) => ({ 'x-ratelimit-reset': String(at) })],
    ['as a date', (at) => ({ 'retry-after': new Date(at).toUTCString() })],
    [
      'as Anthropic’s time',
      (at) => ({
        ...{ 'anthropic-ratelimit-tokens-remaining': '0' },
        ...{ 'anthropic-ratelimit-tokens-reset': new Date(at).toISOString() },
      }),
    ],
  ])('states the time of the next try %s', async (_how, headers) => {
    const { retryAfterMs = 0 } = await refusal(429, error('slow'), headers(Date.now() + 100_000));
    expect(retryAfterMs).toBeGreaterThan(80_000);
    expect(retryAfterMs).toBeLessThanOrEqual(100_000);
  });

  test('that loads its model states for how long', async () => {
    expect(await refusal(503, { error: 'Model m is loading', estimated_time: 20.5 })).toMatchObject({
      type: 'Provider.Unavailable',
      retryAfterMs: 20_500,
    });
  });

  test.each<[who: string, status: number, body: unknown]>([
    ['Azure', 400, error('No.', { code: 'BadRequest', innererror: { code: 'ResponsibleAIPolicyViolation' } })],
    ['Zhipu', 400, error('系统检测到输入内容', { code: '1301' })],
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
    ['Zhipu', 429, error('Please recharge.', { code: '1113' })],
    ['Ark', 429, error('The service has been paused', { code: 'SetLimitExceeded', type: 'TooManyRequests' })],
    ['LiteLLM', 400, error('Budget has been exceeded! Current cost: 10.0', { type: 'budget_exceeded' })],
    ['Cloudflare', 429, { success: false, errors: [{ message: 'you have used up your daily free allocation' }] }],
    ['Anthropic', 400, error('You have reached your specified API usage limits.', { type: 'invalid_request_error' })],
    [
      'Anthropic',
      403,
      error('No.', { type: 'permission_error', details: { error_code: 'enforced_spend_limit_reached' } }),
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

  test.each([
    ['TGI', 'Input validation error: `max_new_tokens` must be <= 4096. Given: 9000', 4_096],
    [
      'Together',
      '`inputs` tokens + `max_new_tokens` must be <= 4097. Given: 3000 `inputs` tokens and 9000 `max_new_tokens`',
      1_097,
    ],
  ])('calls the longest answer by another name, as %s does', async (_who, words, most) => {
    const asked: unknown[] = [];
    reply = (response, { max_tokens: sent }) => {
      asked.push(sent);
      if (Number(sent) > most) return void response.writeHead(422).end(JSON.stringify({ error: words }));
      response.end('data: {"choices":[{"delta":{"content":"A fox."},"finish_reason":"stop"}]}\n\n');
    };
    await ask(9_000);
    expect(asked).toEqual([9_000, most]);
  });

  test.each(['System role not supported', 'Developer instruction is not enabled for models/gemma-3'])(
    'whose model has no place for instructions gets them with the first message: %s',
    async (words) => {
      const asked: unknown[] = [];
      reply = (response, { messages }) => {
        asked.push(messages);
        if (asked.length === 1) return void response.writeHead(400).end(JSON.stringify(error(words)));
        response.end('data: {"choices":[{"delta":{"content":"A fox."},"finish_reason":"stop"}]}\n\n');
      };
      await ask(9, [{ role: 'system', content: 'Be brief.' }]);
      expect(asked[1]).toEqual([{ role: 'user', content: expect.stringMatching(/^Be brief\.\n\nA fox/) as string }]);
    },
  );

  test.each<[what: string, refusal: object]>([
    ['its limit of requests', { base_resp: { status_code: 1002, status_msg: 'RPM' } }],
    ['its key', { code: 401, msg: 'token expired', success: false }],
    ['its credit', error('You exceeded your current quota', { code: 'insufficient_quota' })],
  ])('that refuses for %s is not paid, unless something of the text has come', async (_what, refused) => {
    const begun = `data: ${JSON.stringify({ choices: [{ delta: { content: 'A fox' } }] })}\n\n`;
    for (const [before, isCharged] of [
      ['', false],
      [begun, true],
    ] as const) {
      reply = (response) => response.end(`${before}data: ${JSON.stringify(refused)}\n\n`);
      expect(mayBeCharged(await ask().catch((failure: unknown) => failure))).toBe(isCharged);
    }
  });

  test('behind a firewall is not told of a wrong key alone, and one without the method has another address', async () => {
    expect((await refusal(403, '<html><title>Just a moment...</title></html>')).message).toContain('firewall');
    expect((await refusal(405, { detail: 'Method Not Allowed' })).message).toMatch(/Allowed\. Check the base URL/);
  });

  test('may refuse within a part of its text', async () => {
    const content = [{ type: 'refusal', refusal: 'I must decline.' }];
    reply = (response) =>
      response.end(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\ndata: [DONE]\n\n`);
    expect(await ask()).toContainEqual({ type: 'refusal', text: 'I must decline.' });
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
