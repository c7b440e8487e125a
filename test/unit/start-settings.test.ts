import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { blanksForTemporal, forgetEnvFile, ownSettings, settingsFor, writeEnvFile } from '../../dev/start/settings';
import { childEnv } from '../../dev/child-env';
import { readConfig } from '../../src/config';
import { newFolder } from '../support/new-folder';

const CLOUD = {
  TEMPORAL_NAMESPACE: 'films.a1b2c',
  TEMPORAL_API_KEY: 'a-key-of-the-cloud',
  TEMPORAL_TLS: 'true',
  TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere',
  TEMPORAL_PROFILE: 'cloud',
  TEMPORAL_CONFIG_FILE: '/nowhere',
  TEMPORAL_GRPC_META_X_TEAM: 'films',
};

test('What a shell has set for another Temporal does not reach the one that runs here', () => {
  const env = { ...CLOUD, TEMPORAL_TASK_QUEUE: 'mine' };
  const stack = {
    temporal: { address: '127.0.0.1:7233', embedded: true },
    postgres: { url: 'postgres://h/d' },
    redis: { url: 'redis://h' },
    ffmpegPath: 'ffmpeg',
  };
  const settings = settingsFor(childEnv(env, 'own'), { stateDir: '/', stack: stack as never });
  const ours = { TEMPORAL_TASK_QUEUE: 'mine', TEMPORAL_NAMESPACE: CLOUD.TEMPORAL_NAMESPACE, ...settings };
  expect(readConfig({ ...childEnv(env, 'own'), ...settings })).toEqual(readConfig(ours));
  // A shell that reads the file has the settings of the cloud, too.
  const file = { ...blanksForTemporal(env), ...ownSettings(childEnv(env, 'own')), ...settings };
  expect(readConfig({ ...env, ...file })).toEqual(readConfig(ours));
});

test('What is set beside TEMPORAL_ADDRESS is passed on to a shell that takes over the settings', () => {
  const env = { ...CLOUD, TEMPORAL_ADDRESS: 'films.a1b2c.tmprl.cloud:7233' };
  expect(childEnv(env, 'own')).toEqual(env);
  expect(ownSettings(env)).toEqual(env);
  expect(blanksForTemporal(env)).toEqual({});
});

test('A shell that takes over the settings of npm start has what the user has set, too', () => {
  const folder = newFolder();
  const env = {
    FRAME_SIZE: '64x36',
    STORYREEL_TEXT_MODEL: "it's mine",
    METRICS_ADDRESS: 'localhost:9464',
    HOME: '/',
  };
  const file = writeEnvFile(folder, { ...ownSettings(env), MEDIA_DIR: '/media' });
  const shown = execFileSync(
    'sh',
    ['-c', `. "$0"; echo "$FRAME_SIZE|$STORYREEL_TEXT_MODEL|$MEDIA_DIR|$METRICS_ADDRESS"`, file],
    {
      env: {},
      encoding: 'utf8',
    },
  );
  expect(shown).toBe("64x36|it's mine|/media|\n");
});

test('A start in a shell that has read the file of an earlier one has only what its user has set', () => {
  const folder = newFolder();
  const user = { REDIS_URL: 'redis://mine', FRAME_SIZE: '64x36' };
  const made = {
    REDIS_URL: user.REDIS_URL,
    DATABASE_URL: 'postgres://gone',
    OPENAI_BASE_URL: 'http://gone',
    TEXT_CHECKS: 'off',
  };
  const { TEXT_CHECKS, ...later } = made;
  const files = [{ TEXT_CHECKS }, { ...user, ...later }].map((settings, at) => {
    const place = join(folder, String(at));
    mkdirSync(place);
    return writeEnvFile(place, settings, user);
  });
  const command = 'set -u; . "$0"; . "$1"; export OPENAI_BASE_URL=http://mine; env';
  const shown = execFileSync('sh', ['-c', command, ...files], { env: user, encoding: 'utf8' });
  const shell: NodeJS.ProcessEnv = Object.fromEntries<string>(
    shown.split('\n').map((line) => line.split(/=(.*)/).slice(0, 2) as [string, string]),
  );
  expect(shell).toMatchObject({ ...made, OPENAI_BASE_URL: 'http://mine' });
  forgetEnvFile(shell);
  expect(shell).toMatchObject({ ...user, OPENAI_BASE_URL: 'http://mine' });
  expect(Object.keys(shell).filter((name) => /DATABASE|CHECKS|STORYREEL/.test(name))).toEqual([]);
});
