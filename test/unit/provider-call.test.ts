import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConfig } from '../../src/config';
import type { Logger } from '../../src/logger';
import { StoryreelError } from '../../src/protocol';
import { OpenAiText } from '../../src/providers';
import { providerCall, startTracing, type ProviderCall, type Tracing } from '../../src/telemetry';
import { OtlpReceiver } from '../support/otlp-receiver';
import { until } from '../support/until';

const CALL: ProviderCall = {
  operation: 'chat',
  provider: 'p',
  baseUrl: 'https://api.mistral.ai/v1',
  model: 'm',
  lane: 'rewrite',
  attempt: 2,
};
const SECRET = 'a prompt about sk-123456';

describe('A traced call to a provider', () => {
  let receiver: OtlpReceiver;
  let tracing: Tracing | undefined;
  let provider: Server;
  let asked: IncomingHttpHeaders | undefined;

  beforeAll(async () => {
    process.env['OTEL_BSP_SCHEDULE_DELAY'] = '20';
    receiver = await OtlpReceiver.start();
    tracing = await startTracing(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.endpoint}/` }), 'unit');
    provider = createServer((request, response) => {
      asked = request.headers;
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: SECRET } }));
    }).listen(0, '127.0.0.1');
    await once(provider, 'listening');
  });
  afterAll(async () => {
    provider.closeAllConnections();
    provider.close();
    await receiver.close();
  });

  test('gives the provider no id, and the collector nothing but what kind of failure it was', async () => {
    const { port } = provider.address() as AddressInfo;
    const text = new OpenAiText({
      baseUrl: `http://127.0.0.1:${port}/v1`,
      apiKey: 'sk-123456',
      model: 'm',
      jsonSchema: false,
    });
    const request = { messages: [{ role: 'user' as const, content: SECRET }], maxTokens: 5, temperature: 0 };
    const stream = () => text.stream(request, () => undefined, new AbortController().signal);
    await expect(providerCall(CALL, stream, { input: 3, output: 0 })).rejects.toThrow(SECRET);
    const stale = new StoryreelError('Lane.Stale', SECRET);
    await expect(providerCall(CALL, () => Promise.reject(stale))).rejects.toBe(stale);
    await tracing?.close();

    expect(Object.keys(asked ?? {})).toEqual(expect.not.arrayContaining(['traceparent', 'tracestate', 'baggage']));
    expect(receiver.spans.map(({ name, attributes }) => ({ name, attributes }))).toMatchObject([
      {
        name: 'chat m',
        attributes: {
          'error.type': 'BadRequestError',
          'http.response.status_code': 400,
          'gen_ai.provider.name': 'mistral_ai',
          'server.address': 'api.mistral.ai',
          'server.port': 443,
          'storyreel.attempt': 2,
        },
      },
      { name: 'chat m', attributes: { 'error.type': 'Lane.Stale' } },
    ]);
    // Reckoned beforehand, and nothing of it was used.
    for (const { attributes } of receiver.spans) expect(attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
    expect(receiver.sent).not.toContain('sk-123456');
    expect(receiver.sent).not.toContain('a prompt');
  });

  test('is made all the same where the collector is away, which is stated once with its reason, and taken back', async () => {
    let answer = 500;
    const collector = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(answer, { 'content-type': 'application/json' }).end('{}'));
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
    const config = readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    const lines: string[] = [];
    const say = (_fields: object, line: string) => void lines.push(line);
    const logger = { warn: say, info: say, debug: () => undefined } as unknown as Logger;
    const lost = await startTracing(config, 'unit', logger);
    for (let i = 0; i < 3; i++) await expect(providerCall(CALL, () => Promise.resolve(i))).resolves.toBe(i);
    await until('the warning', () => lines.length > 0);
    answer = 503;
    await until('the other reason', async () => {
      await providerCall(CALL, () => Promise.resolve());
      return lines.length > 1;
    });
    answer = 200;
    await until('it is taken back', async () => {
      await providerCall(CALL, () => Promise.resolve());
      return lines.length > 2;
    });
    await lost?.close();
    collector.closeAllConnections();
    collector.close();
    expect(lines).toEqual([
      expect.stringContaining('OTEL_EXPORTER_OTLP_ENDPOINT (it answers 500)'),
      expect.stringContaining('503'),
      'traces are sent again',
    ]);
  });

  test('is only the call where nothing is traced', async () => {
    const before = receiver.spans.length;
    await expect(providerCall(CALL, () => Promise.resolve(1))).resolves.toBe(1);
    await expect(startTracing(readConfig({}), 'unit')).resolves.toBeUndefined();
    expect(receiver.spans).toHaveLength(before);
  });
});
