import { examineProviders } from '../../src/cli/services/examine-providers';
import { readConfig } from '../../src/config';
import type { ModelProvider } from '../../src/entities';

const row = (change: Partial<ModelProvider>) =>
  ({
    name: 'own',
    kind: 'text',
    adapter: 'openai',
    baseUrl: 'https://api.example.org/v1',
    apiKeyFrom: null,
    prices: null,
    ...change,
  }) as ModelProvider;
const config = readConfig({ PROVIDER_HOSTS: 'api.example.org' });
const textOf = (change: Partial<ModelProvider>) => examineProviders(config, [row(change)])[0];

describe('What doctor states of a provider in the database', () => {
  test('is its name, where nothing is wrong', () => {
    process.env['OWN_API_KEY'] = 'a-key-of-its-own';
    expect(textOf({ apiKeyFrom: 'OWN_API_KEY', prices: { inputPerMillion: 1, outputPerMillion: 2 } })).toEqual({
      service: 'text',
      ok: true,
      detail: 'configured in model_providers: own',
    });
  });

  test.each<[string, Partial<ModelProvider>, boolean, string]>([
    ['half of its price', { prices: { inputPerMillion: 1 } }, true, 'own lacks outputPerMillion'],
    ['a variable that is none of its business', { apiKeyFrom: 'DATABASE_URL' }, false, 'PROVIDER_KEY_VARIABLES'],
    ['a key that is absent', { apiKeyFrom: 'ABSENT_API_KEY' }, false, 'ABSENT_API_KEY is not set'],
    ['a key file that is absent', { apiKeyFrom: '/run/secrets/absent' }, false, '/run/secrets/absent cannot be read'],
    ['an adapter that nobody serves', { adapter: 'cohere' }, false, 'adapter cohere, which nobody serves'],
    ['a file that is none of its business', { apiKeyFrom: '/etc/passwd' }, false, 'PROVIDER_KEY_FOLDER'],
    ['a host that is not allowed', { baseUrl: 'http://169.254.169.254/' }, false, 'PROVIDER_HOSTS'],
  ])('is what to do about %s', (_what, change, ok, advice) => {
    expect(textOf(change)).toMatchObject({ ok, advice: expect.stringContaining(advice) as string });
  });

  test('is likewise stated of STORYREEL_PRICES', () => {
    const half = readConfig({ OPENAI_API_KEY: 'sk-12345678', STORYREEL_PRICES: '{"outputPerMillion":1}' });
    expect(examineProviders(half, [])[0]).toMatchObject({
      ok: true,
      advice: expect.stringContaining('inputPerMillion'),
    });
  });
});
