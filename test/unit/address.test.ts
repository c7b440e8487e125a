import fc from 'fast-check';
import { hostPort, isLoopback, readAddress, shownAddress } from '../../src/address';
import { readConfig } from '../../src/config';
import { StoryreelError } from '../../src/protocol';

const URLS = {
  DATABASE_URL: 'postgres',
  REDIS_URL: 'rediss',
  OPENAI_BASE_URL: 'https',
  STORYREEL_IMAGE_BASE_URL: 'http',
  STORYREEL_VIDEO_BASE_URL: 'https',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http',
  HTTPS_PROXY: 'http',
  HTTP_PROXY: 'https',
};
const setting = fc.constantFrom(...(Object.keys(URLS) as (keyof typeof URLS)[]));
const pathOf = (name: string) => (name === 'REDIS_URL' ? '/2' : '/reel');
const host = fc.constantFrom('db', 'db.example.org', '10.0.0.7', '[::1]', '[fd00::7]');
/** Anything that somebody's generator of passwords may come up with; parts of it can be told from our own words. */
const password = fc
  .array(
    fc.oneof(fc.constantFrom(...'@:/?#%[]&=+ ,\\"\'$', '%zz', '%41', 'ü', '🔑'), fc.constantFrom('Xq7', 'Zw9', 'Kj4')),
  )
  .map((parts) => `Vb8${parts.join('')}Gy2`);

function settingsWith(name: string, value: string) {
  try {
    return readConfig({ [name]: value });
  } catch (error) {
    if (error instanceof StoryreelError) return error;
    throw error;
  }
}

describe('A URL among the settings', () => {
  test('has whichever password was encoded into it, and none of it is shown', () => {
    fc.assert(
      fc.property(setting, host, password, (name, where, secret) => {
        const path = pathOf(name);
        const url = `${URLS[name]}://films:${encodeURIComponent(secret)}@${where}:5432${path}`;
        expect(settingsWith(name, url)).toMatchObject({ [name]: url });
        expect(readAddress(url)).toMatchObject({ username: 'films', password: secret, path });
        expect(shownAddress(url)).toBe(`${URLS[name]}://${where}:5432${path}`);
      }),
    );
  });

  test('with a password that is not encoded is taken for what it is, or refused by the name of its setting', () => {
    fc.assert(
      fc.property(setting, host, password, (name, where, secret) => {
        const path = pathOf(name);
        const url = `${URLS[name]}://films:${secret}@${where}:5432${path}`;
        const read = settingsWith(name, url);
        if (read instanceof StoryreelError) {
          expect(read.message).toMatch(new RegExp(`^${name} must be .*docs/configuration.md.$`));
          const said = read.message + shownAddress(url);
          for (const part of ['Xq7', 'Zw9', 'Kj4', 'Vb8', 'Gy2']) expect(said).not.toContain(part);
          return;
        }
        const taken = readAddress(url);
        expect(taken.hosts).toEqual([{ host: where.replace(/[[\]]/g, ''), port: 5432 }]);
        expect(taken.password).toBe(decodeURIComponent(secret));
        expect(shownAddress(url)).toBe(`${URLS[name]}://${where}:5432${path}`);
      }),
      { numRuns: 500 },
    );
  });

  test('shows nothing of any text that is none', () => {
    fc.assert(
      fc.property(setting, fc.string(), (name, text) => {
        const read = settingsWith(name, `${URLS[name]}://${text}`);
        if (!(read instanceof StoryreelError)) return;
        expect(read.type).toBe('Config.Invalid');
        // What it says depends on what is wrong, and not on the text.
        expect(read.message.length).toBeLessThan(260);
        if (text.length > 6) expect(read.message).not.toContain(text);
      }),
    );
  });

  test.each([
    ['DATABASE_URL', 'postgres:///storyreel'],
    ['DATABASE_URL', 'postgresql://films:p@/storyreel?host=/var/run/postgresql'],
    ['DATABASE_URL', 'postgres://[::1]:5432/storyreel?sslmode=verify-full'],
    ['REDIS_URL', 'redis://[::1]'],
    ['REDIS_URL', 'redis://cache:6379/'],
    ['REDIS_URL', 'rediss://:p%40ss@cache:6380/2'],
    ['OPENAI_BASE_URL', 'http://[::1]:11434/v1'],
    ['TEMPORAL_ADDRESS', '[::1]:7233'],
    ['METRICS_ADDRESS', '[::]:9464'],
  ])('%s may be %s', (name, value) => {
    expect(settingsWith(name, value)).toMatchObject({ [name]: value });
  });

  test.each([
    ['DATABASE_URL', 'postgres://a,b/storyreel'],
    ['DATABASE_URL', 'postgres://db:99999/storyreel'],
    ['REDIS_URL', 'redis://'],
    ['REDIS_URL', 'redis://cache:6379/films'],
    ['REDIS_URL', 'redis://cache:6379/-1'],
    ['REDIS_URL', 'redis://cache:6379?db=4'],
    ['REDIS_URL', 'redis://[::z]:6379'],
    ['OPENAI_BASE_URL', 'http://[12]:8080/v1'],
    ['OPENAI_BASE_URL', 'http://'],
    ['TEMPORAL_ADDRESS', '::1:7233'],
    ['TEMPORAL_ADDRESS', '[::1]'],
    ['TEMPORAL_ADDRESS', 'temporal:70000'],
    ['HTTPS_PROXY', 'socks5://proxy:1080'],
  ])('%s may not be %s', (name, value) => {
    expect(settingsWith(name, value)).toMatchObject({ type: 'Config.Invalid', message: expect.stringContaining(name) });
  });

  test('of a proxy may lack its scheme, and have a name in small letters', () => {
    expect(readConfig({ HTTPS_PROXY: 'proxy:3128' }).HTTPS_PROXY).toBe('http://proxy:3128');
    expect(readConfig({ https_proxy: 'http://proxy:1', no_proxy: 'x' })).toMatchObject({ NO_PROXY: 'x' });
    expect(readConfig({ https_proxy: 'http://proxy:1', HTTPS_PROXY: 'http://other:1' }).HTTPS_PROXY).toContain('other');
  });
});

test('A host and its port are taken apart, of whichever kind they are', () => {
  expect(hostPort('[fd00::7]:7233')).toEqual({ host: 'fd00::7', port: 7233 });
  expect(hostPort('temporal')).toEqual({ host: 'temporal' });
  for (const name of ['localhost', 'a.localhost', '127.9.9.9', '::1']) expect(isLoopback(name)).toBe(true);
  for (const name of ['localhost.example', '128.0.0.1', '127.example', 'fd00::1']) expect(isLoopback(name)).toBe(false);
});
