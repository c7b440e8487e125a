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

const CALL: ProviderCall = { operation: 'chat', provider: 'p', model: 'm', lane: 'rewrite', attempt: 2 };
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

  test('tells the provider no id, and the collector nothing but what kind of failure it was', async () => {
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
          'gen_ai.usage.input_tokens': 3,
          'storyreel.attempt': 2,
        },
      },
      { name: 'chat m', attributes: { 'error.type': 'Lane.Stale' } },
    ]);
    expect(receiver.sent).not.toContain('sk-123456');
    expect(receiver.sent).not.toContain('a prompt');
  });

  test('is made all the same where the collector is away, which is said once', async () => {
    const away = await OtlpReceiver.start();
    const config = readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: away.endpoint });
    await away.close();
    const warned: string[] = [];
    const logger = { warn: (line: string) => void warned.push(line) } as unknown as Logger;
    const lost = await startTracing(config, 'unit', logger);
    for (let i = 0; i < 3; i++) await expect(providerCall(CALL, () => Promise.resolve(i))).resolves.toBe(i);
    await until('the warning', () => warned.length > 0);
    await lost?.close();
    expect(warned).toEqual([expect.stringContaining('OTEL_EXPORTER_OTLP_ENDPOINT')]);
  });

  test('is only the call where nothing is traced', async () => {
    const before = receiver.spans.length;
    await expect(providerCall(CALL, () => Promise.resolve(1))).resolves.toBe(1);
    await expect(startTracing(readConfig({}), 'unit')).resolves.toBeUndefined();
    expect(receiver.spans).toHaveLength(before);
  });
});
