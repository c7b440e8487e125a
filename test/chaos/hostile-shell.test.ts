import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newStateDir, Start } from '../support/start';

const stateDir = newStateDir();

afterAll(() => rmSync(stateDir, { recursive: true }));

const AWAY = 'http://127.0.0.1:9';
/** What people have for other programs; each of these has kept some program from starting. */
const SHELL = {
  http_proxy: AWAY,
  https_proxy: AWAY,
  all_proxy: 'socks5h://127.0.0.1:9',
  HTTP_PROXY: 'none',
  HTTPS_PROXY: AWAY,
  PGSSLMODE: 'verify-full',
  PGHOST: '/nowhere',
  PGPORT: '1',
  PGOPTIONS: '-c search_path=nowhere',
  PGUSER: 'other',
  PGDATABASE: 'other',
  PGDATA: '/nowhere',
  PGPASSWORD: 'other',
  PGSSLROOTCERT: '/nowhere',
  REDISCLI_AUTH: 'other',
  NODE_ENV: 'staging',
  NODE_OPTIONS: '--max-http-header-size=100',
  NODE_DEBUG: 'http',
  npm_config_prefix: '/nowhere',
  TEMPORAL_NAMESPACE: 'mine',
  TEMPORAL_TLS: 'true',
  TEMPORAL_API_KEY: 'of-a-cloud',
  TEMPORAL_PROFILE: 'none',
  PYTHONHOME: '/nowhere',
  PYTHONPATH: '/nowhere',
  PIP_REQUIRE_VIRTUALENV: '1',
  PIP_TARGET: '/nowhere',
  LANG: 'xx_YY.UTF-8',
  LC_ALL: 'zz_ZZ',
  LC_NUMERIC: 'de_DE',
  LANGUAGE: 'fr',
  TZ: 'No/Where',
  CDPATH: '/usr',
  HOME: '/proc/nowhere',
  TMPDIR: '/nowhere',
  XDG_CONFIG_HOME: '/proc/nowhere',
  FFREPORT: 'file=/nowhere/log',
};

it('makes a film whatever the shell has for other programs, in the namespace that is meant for it', async () => {
  const started = Start.spawn(stateDir, ['a lamp', '--once', '--scenes', '1'], SHELL);
  const code = await started.end();
  expect({ code, told: started.stderr }).toEqual({
    code: 0,
    told: expect.not.stringContaining('npm start:') as string,
  });
  expect(started.stdout).toContain('The film is done.');
  expect(readFileSync(join(stateDir, 'env'), 'utf8')).toContain("export TEMPORAL_NAMESPACE='mine'");

  const again = Start.spawn(stateDir, ['a second lamp', '--scenes', '1'], SHELL);
  await again.until('it is at hand', () => again.stdout.includes('Ctrl-C stops everything.'));
  expect(again.stdout).toContain('/namespaces/mine/');
  const printed = /^Command line {2}(.+)$/m.exec(again.stdout)?.[1] ?? '';
  const { stdout } = await promisify(execFile)('sh', ['-c', printed], { env: { ...SHELL, PATH: process.env.PATH } });
  expect(stdout).toContain('a second lamp');
  again.signal('SIGINT');
  await again.end();
});
