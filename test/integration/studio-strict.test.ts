import OpenAI from 'openai';
import { OpenAiText } from '../../src/providers';
import { StudioUnderTest } from './studio-support';

describe('The studio in its strict mode', () => {
  let studio: StudioUnderTest;
  beforeAll(async () => {
    studio = await StudioUnderTest.start({ strict: true });
  });
  afterAll(() => studio.stop());

  test.each([
    ['gpt-4o-mini', { seeed: 1 }, 'seeed'],
    ['gpt-5-mini', { max_tokens: 9 }, 'max_tokens'],
    ['o3', { temperature: 0.2 }, 'temperature'],
    ['gpt-4o-mini', { stream_options: { include_usage: true } }, 'stream_options'],
    [
      'gpt-4o-mini',
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { enum: [1] } } } },
      'response_format',
    ],
    ['gpt-4o-mini', { max_tokens: 9, max_completion_tokens: 9 }, 'max_tokens'],
    ['gpt-4o-mini', { temperature: 2.5 }, 'temperature'],
    ['gpt-4o-mini', { messages: [{ role: 'narrator', content: 'x' }] }, 'messages[0].role'],
    ['claude-sonnet-5', { messages: [{ role: 'assistant', content: 'x' }] }, 'messages'],
    ['gpt-4o-mini', { response_format: { type: 'json_object' } }, 'messages'],
    [
      'gpt-4o-mini',
      { response_format: { type: 'json_schema', json_schema: { name: 'a b', schema: {} } } },
      'response_format.json_schema.name',
    ],
  ])('refuses of %s %j, and names it', async (model, more, param) => {
    const client = new OpenAI({ baseURL: studio.url, apiKey: 'x', maxRetries: 0 });
    const asking = client.post('/chat/completions', {
      body: { model, messages: [{ role: 'user', content: 'x' }], ...more },
    });
    await expect(asking).rejects.toMatchObject({ status: 400, param });
  });

  test('is asked by our adapter as it wants, from the second request on at once', async () => {
    const provider = new OpenAiText({ baseUrl: studio.url, apiKey: 'x', model: 'gpt-5-mini', jsonSchema: true });
    const notices: string[] = [];
    const ask = () =>
      provider.stream(
        {
          messages: [{ role: 'user', content: 'Tell a story of a strict fox.' }],
          maxTokens: 50,
          temperature: 0.8,
          onNotice: (words: string) => void notices.push(words),
        },
        () => undefined,
        new AbortController().signal,
      );
    await ask();
    await ask();
    expect(notices).toHaveLength(2);
    expect((await studio.requests('strict fox')).map(({ status }) => status)).toEqual([400, 400, 200, 200]);
  });
});
