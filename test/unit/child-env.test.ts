import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { settingsIn } from '../../dev/stack/pip-env';
import { childEnv, leaveShell, setForOthers } from '../../dev/child-env';
import { readConfig } from '../../src/config';
import { quoted, shellWord } from '../../src/shell-word';

/** What people have in their shells for other programs, a few of each kind by name and any number by their beginnings. */
const foreign = fc.oneof(
  fc.constantFrom('NODE_ENV', 'NODE_OPTIONS', 'LANG', 'LC_ALL', 'LANGUAGE', 'CDPATH', 'IFS', 'ENV', 'BASH_ENV'),
  fc.constantFrom('LD_PRELOAD', 'FFREPORT', 'REDISCLI_AUTH', 'GODEBUG', 'UV_THREADPOOL_SIZE', 'OPENSSL_CONF', 'DEBUG'),
  fc.constantFrom('http_proxy', 'https_proxy', 'all_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'),
  fc
    .tuple(
      fc.constantFrom('PG', 'PYTHON', 'npm_config_', 'NPM_CONFIG_', 'PIP_', 'NODE_', 'TEMPORAL_TLS_', 'TEMPORAL_CLI_'),
      fc.stringMatching(/^[A-Z]{3,12}$/),
    )
    .map((parts) => parts.join(''))
    // It adds to what is trusted, and leads nowhere else.
    .filter((name) => name !== 'NODE_EXTRA_CA_CERTS'),
);
const shell = fc.dictionary(foreign, fc.string({ maxLength: 30 }), { maxKeys: 12 });
const OWN = { PATH: '/bin', HOME: '/srv/a', TEMPORAL_NAMESPACE: 'mine', STORYREEL_TEXT_MODEL: 'm', A_KEY: 'k' };

test('What a shell has for other programs reaches no program, and none of ours', () => {
  fc.assert(
    fc.property(shell, (others) => {
      expect(childEnv({ ...others, ...OWN })).toEqual(childEnv({ PATH: '/bin', HOME: '/srv/a' }));
      const own = childEnv({ ...others, ...OWN }, 'own');
      const keys = Object.keys(others).filter(
        (name) => /_(?:KEY|TOKEN)$/.test(name) && !/_(?:ACCESS|PRIVATE|SECRET)_/.test(name),
      );
      for (const name of keys) delete own[name];
      expect(own).toEqual(OWN);
      expect(readConfig(own).NODE_ENV).toBe('development');
    }),
  );
});

test('A process leaves behind what its libraries would read, and nothing of its own', () => {
  fc.assert(
    fc.property(shell, (others) => {
      const env: NodeJS.ProcessEnv = { ...others, ...OWN, JEST_WORKER_ID: '1' };
      const left = setForOthers(env);
      leaveShell(env);
      expect(Object.keys(env).filter((name) => /^PG[A-Z]|_proxy$|^NODE_(ENV|OPTIONS)$/i.test(name))).toEqual([]);
      expect(left.filter((name) => name in env)).toEqual([]);
      expect(env).toMatchObject({ ...OWN, JEST_WORKER_ID: '1' });
    }),
  );
});

test.each([
  ['TEMPORAL_ADDRESS', { TEMPORAL_TLS: 'true', TEMPORAL_GRPC_META_X_TEAM: 'films', TEMPORAL_PROFILE: 'cloud' }],
  ['DATABASE_URL', { PGSSLMODE: 'require', PGPASSWORD: 'p' }],
  ['OPENAI_API_KEY', { https_proxy: 'http://proxy:3128', NO_PROXY: 'here' }],
  ['STORYREEL_VIDEO_BASE_URL', { HTTPS_PROXY: 'http://proxy:3128' }],
])('Beside %s, what leads to that server is meant for us', (setting, beside) => {
  expect(childEnv({ ...beside, [setting]: 'x' }, 'own')).toEqual({ ...beside, [setting]: 'x' });
  expect(childEnv({ ...beside, [setting]: '' }, 'own')).not.toHaveProperty(Object.keys(beside)[0] ?? '');
});

test('pip keeps its way to a registry, and gets nothing else', () => {
  const way = {
    https_proxy: 'http://p:1',
    PIP_INDEX_URL: 'http://localhost:3141/simple',
    PIP_CERT: '/c',
    PIP_FIND_LINKS: '/w',
    SSL_CERT_FILE: '/c',
    REQUESTS_CA_BUNDLE: '/c',
    PIP_CONFIG_FILE: '/pip.conf',
    PIP_EXTRA_INDEX_URL: 'http://a',
  };
  const bent = {
    PIP_TARGET: '/t',
    PIP_REQUIRE_VIRTUALENV: '1',
    PIP_PREFIX: '/p',
    PIP_NO_BINARY: ':all:',
    PYTHONHOME: '/p',
  };
  const env = childEnv({ ...way, ...bent, NO_PROXY: 'intra' }, 'fetcher');
  expect(env).toMatchObject({ ...way, PIP_REQUIRE_VIRTUALENV: '0', no_proxy: 'intra,localhost,127.0.0.1,::1' });
  for (const name of ['PIP_TARGET', 'PIP_PREFIX', 'PIP_NO_BINARY', 'PYTHONHOME']) expect(env).not.toHaveProperty(name);
});

test("Of pip's own settings only what leads to a registry is taken over", () => {
  const list = [
    `:env:.index-url='http://env'`,
    `download.index-url='http://download'`,
    `install.index-url='http://install'`,
    `global.index-url='http://global'`,
    `global.extra-index-url='\\nhttp://a\\nhttp://b'`,
    `global.cert="/it's here"`,
    `global.require-virtualenv='true'`,
    `install.user='true'`,
    `install.prefix='/p'`,
    'WARNING: what is this?',
  ];
  expect(settingsIn(list.join('\n'))).toEqual({
    PIP_INDEX_URL: 'http://install',
    PIP_EXTRA_INDEX_URL: 'http://a http://b',
    PIP_CERT: "/it's here",
  });
});

test('A folder for temporary files that is not there, or may not be written, is none', () => {
  expect(childEnv({ TMPDIR: '/nowhere/at/all' }, 'own')).toEqual({});
  expect(childEnv({ TMPDIR: __dirname })).toMatchObject({ TMPDIR: __dirname });
});

test('A quoted word comes out of a shell as it went in', () => {
  const texts = fc.array(
    fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(texts, (words) => {
      const line = words.flatMap((word) => [shellWord(word), quoted(word)]).join(' ');
      const out = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
      expect(out.split('\0').slice(0, -1)).toEqual(words.flatMap((word) => [word, word]));
    }),
    { numRuns: 30 },
  );
});
