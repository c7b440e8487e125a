import { getEventListeners, once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { OpenAiText, ServerError, type TextChunk, type TextRequest } from '../../src/providers';
import { fromSetup } from '../support/services';
import { ownTopic } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

const forever = () => new AbortController().signal;

function provider(baseUrl = fromSetup('STORYREEL_TEST_STUDIO_URL')): OpenAiText {
  return new OpenAiText({ baseUrl, apiKey: 'sk-test', model: 'studio', jsonSchema: true });
}

/** A request that no other test makes; `mark` is a word in it. */
function ownRequest(): { request: TextRequest; mark: string } {
  const { topic, mark } = ownTopic();
  const messages = [{ role: 'user' as const, content: `Write a short story.\n\nTopic: ${topic}` }];
  return { request: { messages, maxTokens: 2_000, temperature: 0.5 }, mark };
}

async function collect(provider: OpenAiText, request: TextRequest, signal = forever()): Promise<TextChunk[]> {
  const all: TextChunk[] = [];
  await provider.stream(request, (chunk) => void all.push(chunk), signal);
  return all;
}

function textOf(chunks: readonly TextChunk[]): string {
  return chunks.map((chunk) => (chunk.type === 'text' ? chunk.text : '')).join('');
}

describe('Streamed text of an OpenAI-compatible server', () => {
  const studio = new StudioControl();

  test('is the text that the server gives in one piece, with its end and its usage', async () => {
    const { request } = ownRequest();
    const client = new OpenAI({ baseURL: fromSetup('STORYREEL_TEST_STUDIO_URL'), apiKey: 'sk-test' });
    const whole = await client.chat.completions.create({
      model: 'studio',
      messages: [...request.messages],
      max_tokens: request.maxTokens,
      temperature: request.temperature,
    });
    const chunks = await collect(provider(), request);
    expect(textOf(chunks)).toBe(whole.choices[0]?.message.content);
    expect(chunks.filter(({ type }) => type === 'text').length).toBeGreaterThan(20);
    expect(chunks.filter(({ type }) => type !== 'text')).toEqual([
      { type: 'finish', reason: 'stop' },
      {
        type: 'usage',
        inputTokens: whole.usage?.prompt_tokens,
        outputTokens: whole.usage?.completion_tokens,
      },
    ]);
  });

  test('states that it ended at its longest', async () => {
    const { request } = ownRequest();
    const chunks = await collect(provider(), { ...request, maxTokens: 5 });
    expect(chunks.filter(({ type }) => type === 'text')).toHaveLength(5);
    expect(chunks).toContainEqual({ type: 'finish', reason: 'length' });
  });

  test('keeps characters whole that the network cuts', async () => {
    const { request, mark } = ownRequest();
    const text = `雨の🎬 ${'é雨👩‍🚀'.repeat(20)}`;
    await studio.misbehave(mark, 'chat', { text, utf8_split: true });
    expect(textOf(await collect(provider(), request))).toBe(text);
  });

  test('ends without a finish where the server ends without one', async () => {
    const { request, mark } = ownRequest();
    await studio.misbehave(mark, 'chat', { no_finish: 4 });
    const chunks = await collect(provider(), request);
    expect(chunks.map(({ type }) => type)).toEqual(['text', 'text', 'text', 'text']);
  });

  test('throws where the connection is cut, after what came before', async () => {
    const { request, mark } = ownRequest();
    await studio.misbehave(mark, 'chat', { cut: 4 });
    const seen: TextChunk[] = [];
    const reading = provider().stream(request, (chunk) => void seen.push(chunk), forever());
    await expect(reading).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(seen).toHaveLength(4);
  });

  test('opens no request on a signal that has aborted', async () => {
    const { request, mark } = ownRequest();
    const reason = new Error('too late');
    await expect(collect(provider(), request, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await studio.requests(mark)).toEqual([]);
  });

  test.each([
    ['in mid-stream', { hold: 10 }, 3],
    ['while the server is silent', { stall: 3 }, 3],
  ])('on an abort %s, throws its reason and closes the socket', async (_when, fault, pieces) => {
    const { request, mark } = ownRequest();
    await studio.misbehave(mark, 'chat', fault);
    const controller = new AbortController();
    const reason = new Error('cancelled by a person');
    let seen = 0;
    const receive = ({ type }: TextChunk) => {
      if (type === 'text' && ++seen === pieces) setImmediate(() => controller.abort(reason));
    };
    const reading = provider().stream(request, receive, controller.signal);
    await expect(reading).rejects.toBe(reason);
    const closed = await until('the server sees it', async () => (await studio.requests(mark)).find((r) => r.aborted));
    expect(closed.tokensSent).toBeLessThan(20);
  });

  test('on an abort before the headers, throws its reason and closes the socket', async () => {
    const hanging = createServer();
    const url = await listen(hanging);
    const controller = new AbortController();
    const reason = new Error('cancelled by a person');
    const reading = collect(provider(url), ownRequest().request, controller.signal);
    const [incoming] = (await once(hanging, 'request')) as [{ socket: { destroyed: boolean } }];
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await until('the socket is closed', () => incoming.socket.destroyed);
    hanging.close();
  });

  test('closes the socket when its receiver throws, and throws that', async () => {
    const { request, mark } = ownRequest();
    await studio.misbehave(mark, 'chat', { stall: 10 });
    const enough = new Error('enough');
    const receive = ({ type }: TextChunk) => {
      if (type === 'text') throw enough;
    };
    await expect(provider().stream(request, receive, forever())).rejects.toBe(enough);
    await until('the server sees it', async () => (await studio.requests(mark)).some(({ aborted }) => aborted));
  });

  test('leaves no listener on the signal of a long run', async () => {
    const { signal } = new AbortController();
    const { request } = ownRequest();
    for (let i = 0; i < 5; i++) await collect(provider(), { ...request, maxTokens: 2 }, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('maps a refused key to the error of the package, and asks only once', async () => {
    const { request, mark } = ownRequest();
    await studio.misbehave(mark, 'chat', { status: 401, code: 'invalid_api_key' });
    const reading = collect(provider(), request);
    await expect(reading).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    expect(await studio.requests(mark)).toHaveLength(1);
  });

  describe('from a server of another kind', () => {
    let server: Server;
    let answer: (response: ServerResponse) => void;
    let url: string;

    beforeAll(async () => {
      server = createServer((request, response) => {
        request.resume();
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        answer(response);
      });
      url = await listen(server);
    });
    afterAll(() => void server.close());

    const read = () => collect(provider(url), ownRequest().request);

    test('throws the error that it reports in mid-stream', async () => {
      answer = (response) =>
        response.end('data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: {"error":{"message":"overloaded"}}\n\n');
      const failed = await read().catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(ServerError);
      expect(failed).toMatchObject({ message: 'overloaded' });
    });

    test('passes over comments, empty deltas, unknown fields and a missing [DONE]', async () => {
      answer = (response) =>
        response.end(
          [
            ': hello',
            'data: {"choices":[{"delta":{"role":"assistant","content":null}}]}',
            'data: {"choices":[{"delta":{"content":""}}],"x":1}',
            'data: {"choices":[{"delta":{"content":"a"},"finish_reason":null}]}',
            'data: {"choices":[{"delta":{"content":"b"},"finish_reason":"content_filter"}]}',
            'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}',
            '',
          ].join('\n\n'),
        );
      expect(await read()).toEqual([
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
        { type: 'finish', reason: 'filtered' },
        { type: 'usage', inputTokens: 3, outputTokens: 2 },
      ]);
    });

    test('distinguishes what the model thinks from what it answers', async () => {
      answer = (response) =>
        response.end(
          [
            'data: {"choices":[{"delta":{"reasoning_content":"hm"}}]}',
            'data: {"choices":[{"delta":{"reasoning":"so","content":null}}]}',
            'data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}',
            '',
          ].join('\n\n'),
        );
      expect(await read()).toEqual([
        { type: 'thought', text: 'hm' },
        { type: 'thought', text: 'so' },
        { type: 'text', text: 'a' },
        { type: 'finish', reason: 'stop' },
      ]);
    });

    test('throws what is not JSON', async () => {
      answer = (response) => response.end('data: {"half\n\n');
      await expect(read()).rejects.toBeInstanceOf(SyntaxError);
      answer = (response) => response.end('data: <html><title>Bad gateway</title></html>\n\n');
      await expect(read()).rejects.toThrow('Bad gateway');
    });
  });
});

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}
