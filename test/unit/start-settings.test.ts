import { execFileSync } from 'node:child_process';
import { blanksForTemporal, ownSettings, settingsFor, writeEnvFile } from '../../dev/start/settings';
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
