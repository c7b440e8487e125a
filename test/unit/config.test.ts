import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig, readSecret, SETTINGS } from '../../src/config';
import { StoryreelError } from '../../src/protocol';
import { newFolder } from '../support/new-folder';

const ADDRESSES = {
  TEMPORAL_ADDRESS: 'temporal:7233',
  DATABASE_URL: 'postgres://app:pass@db/storyreel',
  REDIS_URL: 'redis://cache:6379',
};

function refusal(env: Readonly<Record<string, string | undefined>>): StoryreelError {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof StoryreelError) return error;
    throw error;
  }
  throw new Error('the settings were taken');
}

describe('The settings', () => {
  test('have a default for everything outside production', () => {
    expect(readConfig({})).toMatchObject({
      NODE_ENV: 'development',
      LOG_LEVEL: 'info',
      TEMPORAL_ADDRESS: 'localhost:7233',
      TEMPORAL_NAMESPACE: 'default',
      REDIS_URL: 'redis://localhost:6379',
      STORYREEL_TEXT_JSON_SCHEMA: true,
      LEGACY_CHANNELS: true,
      LEGACY_FULL_TEXT: false,
      FRAME_SIZE: '1280x720',
    });
    expect(readConfig({}).OPENAI_API_KEY).toBeUndefined();
  });

  test('take what the environment states, numbers and switches as such', () => {
    const env = { ...ADDRESSES, TEXT_CONCURRENCY: '7', LEGACY_FULL_TEXT: 'on', OPENAI_BASE_URL: 'http://x/v1' };
    expect(readConfig(env)).toMatchObject({ ...env, TEXT_CONCURRENCY: 7, LEGACY_FULL_TEXT: true });
  });

  test('take a setting by the name that it had before, unless it is set by its name', () => {
    expect(readConfig({ UPSTREAM_CHANNELS: 'off', UPSTREAM_FULL_TEXT: 'on' })).toMatchObject({
      LEGACY_CHANNELS: false,
      LEGACY_FULL_TEXT: true,
    });
    expect(readConfig({ UPSTREAM_CHANNELS: 'off', LEGACY_CHANNELS: 'on' })).toMatchObject({ LEGACY_CHANNELS: true });
    expect(readConfig({ UPSTREAM_CHANNELS: '' })).toMatchObject({ LEGACY_CHANNELS: true });
  });

  test('take the nodes of a cluster, and refuse several where no cluster is meant', () => {
    const REDIS_URL = 'redis://a:7001,redis://b:7002';
    expect(readConfig({ REDIS_URL, REDIS_CLUSTER: 'on' })).toMatchObject({ REDIS_URL, REDIS_CLUSTER: true });
    expect(refusal({ REDIS_URL }).message).toContain('REDIS_CLUSTER=on');
    expect(refusal({ REDIS_URL: 'redis://a,b', REDIS_CLUSTER: 'on' }).message).toContain('REDIS_URL must be a URL');
  });

  test('take a build and the deployment that it is of together, or neither', () => {
    const both = { WORKER_DEPLOYMENT_NAME: 'storyreel', WORKER_BUILD_ID: '1.4.0' };
    expect(readConfig(both)).toMatchObject(both);
    for (const name of Object.keys(both)) {
      expect(refusal({ ...both, [name]: '' }).message).toContain('must be set together');
    }
  });

  test('take prices as JSON, and name the one that is wrong', () => {
    expect(readConfig({ STORYREEL_PRICES: '{"perImage":0.04}' }).STORYREEL_PRICES).toEqual({ perImage: 0.04 });
    expect(refusal({ STORYREEL_PRICES: '{"perImage":-1}' }).message).toContain(
      'STORYREEL_PRICES.perImage must be a price of 0 or more.',
    );
  });

  test('leave out what they do not know', () => {
    expect(readConfig({ HOME: '/root', PATH: '/bin' })).not.toHaveProperty('HOME');
  });

  test.each(['', ' \t'])('count an empty value as not set: %j', (value) => {
    const empty = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, value]));
    expect(readConfig(empty)).toEqual(readConfig({}));
  });

  test.each([
    ['NODE_ENV', 'staging-x'],
    ['LOG_LEVEL', 'loud-x'],
    ['TEMPORAL_ADDRESS', 'http://secret-x:7233'],
    ['TEMPORAL_ADDRESS', 'secret-x'],
    ['DATABASE_URL', 'mysql://u:secret-x@db/x'],
    ['DATABASE_URL', 'secret-x'],
    ['REDIS_URL', 'http://:secret-x@cache'],
    ['DATABASE_POOL_SIZE', '0'],
    ['DATABASE_POOL_SIZE', 'many-x'],
    ['DATABASE_POOL_SIZE', '2.5'],
    ['TEXT_CONCURRENCY', '999999'],
    ['INTER_CHUNK_TIMEOUT_MS', '-5'],
    ['OPENAI_BASE_URL', 'ftp://secret-x'],
    ['STORYREEL_VIDEO_BASE_URL', 'localhost'],
    ['STORYREEL_TEXT_JSON_SCHEMA', 'true'],
    ['LEGACY_CHANNELS', 'yes-x'],
    ['STORYREEL_PRICES', '0.04-x'],
    ['STORYREEL_PRICES', '7'],
    ['STORYREEL_PRICES', '{"perPicture":1}'],
    ['FRAME_SIZE', '1280*720'],
    ['FRAME_SIZE', '0x720'],
    ['LOG_EXPIRY_SECONDS', 'Infinity'],
    ['GATEWAY_HOSTS', 'https://secret-x'],
    ['GATEWAY_HOSTS', '*.secret-x'],
    ['GATEWAY_HOSTS', 'story.example, secret-x'],
    ['WORKER_DEPLOYMENT_NAME', 'story.reel-x'],
    ['WORKER_BUILD_ID', 'build:x'],
  ])('refuse %s=%s in one line that names the setting and not the value', (name, value) => {
    const error = refusal({ [name]: value });
    expect(error.type).toBe('Config.Invalid');
    expect(error.message).toMatch(new RegExp(`^${name} must be .+\\. See docs/configuration\\.md\\.$`));
    expect(error.message).not.toContain('\n');
    if (/x$/.test(value)) expect(error.message).not.toContain(value);
  });

  test.each(Object.keys(ADDRESSES))('in production, refuse to guess %s', (name) => {
    const env = { NODE_ENV: 'production', ...ADDRESSES };
    for (const missing of [undefined, '']) {
      const error = refusal({ ...env, [name]: missing });
      expect(error.type).toBe('Config.Invalid');
      expect(error.message).toContain(`${name} must be set in production`);
    }
    expect(readConfig(env)).toMatchObject(ADDRESSES);
  });
});

describe('A key', () => {
  const name = 'STORYREEL_UNIT_TEST_KEY';
  afterEach(() => void delete process.env[name]);

  test('is read from the environment variable of its name', () => {
    process.env[name] = ' sk-1 ';
    expect(readSecret(name)).toBe('sk-1');
  });

  test('is read from a file where the name is a path', async () => {
    const folder = newFolder();
    await writeFile(join(folder, 'key'), 'sk-2\n');
    expect(readSecret(join(folder, 'key'))).toBe('sk-2');
    await writeFile(join(folder, 'key'), '\n');
    expect(() => readSecret(join(folder, 'key'))).toThrow('is not set or empty');
  });

  test.each([
    ['of an unset variable', name],
    ['in a missing file', '/nowhere/key'],
  ])('%s is Provider.NotConfigured, and names where it was looked for', (_what, from) => {
    const error = (() => {
      try {
        return readSecret(from);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ type: 'Provider.NotConfigured', message: expect.stringContaining(from) as string });
  });
});
