import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { examine } from '../../src/cli/services/examine';
import { prepareServices } from '../../src/cli/services';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { workflowIdOf } from '../../src/protocol';
import { scrub } from '../../src/scrub';
import { connectTemporal } from '../../src/temporal';
import { createWorker } from '../../src/worker';
import { createLogger } from '../../src/logger';
import { AUTHORITY, CLIENT_CERT, CLIENT_KEY, SERVER_NAME } from '../support/certificates';
import { fromSetup, startApp, testEnv, type TestApp } from '../support/services';
import { ownTopic, startAndWatch, withTemporal } from '../support/stories';
import { TemporalFront } from '../support/temporal-front';
import { until } from '../support/until';
import { newFolder } from '../support/new-folder';

const API_KEY = 'key-of-the-front-1234567890';

describe('A Temporal behind TLS that asks for a certificate and a key', () => {
  const folder = newFolder();
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const given = {
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: file('ca.pem', AUTHORITY),
    TEMPORAL_TLS_CLIENT_CERT_PATH: file('client.pem', CLIENT_CERT),
    TEMPORAL_TLS_CLIENT_KEY_PATH: file('client.key', CLIENT_KEY),
    TEMPORAL_TLS_SERVER_NAME: SERVER_NAME,
    TEMPORAL_API_KEY: API_KEY,
    PAYLOAD_KEY_FILE: file('payload-keys', `${randomBytes(32).toString('base64')}\n`),
  };
  let front: TemporalFront;
  let app: TestApp;

  beforeAll(async () => {
    front = await TemporalFront.start(fromSetup('STORYREEL_TEST_TEMPORAL_ADDRESS'), API_KEY);
    app = await startApp({ ...given, TEMPORAL_ADDRESS: front.address, TEMPORAL_GRPC_META_X_OWN_TEAM: 'films' });
  });
  afterAll(async () => {
    await app.close();
    await front.close();
  });

  test('makes a film, and keeps of it only what is encrypted', async () => {
    const projectId = await app.client.create({ topic: ownTopic().topic, name: 'behind TLS' });
    await startAndWatch(app.client, projectId);
    expect((await app.client.status(projectId)).status).toBe('completed');
    const direct = readConfig(testEnv());
    const history = await withTemporal(direct, (client) =>
      client.workflow.getHandle(workflowIdOf(projectId)).fetchHistory(),
    );
    const payloads = payloadsIn(history);
    expect(payloads.length).toBeGreaterThan(10);
    expect([...new Set(payloads)]).toEqual(['binary/encrypted']);
    expect(new Set(front.seen.map((headers) => headers['x-own-team']))).toEqual(new Set(['films']));
  });

  test('is reached by the profile of a file as well, and doctor and migrate are content with it', async () => {
    const toml = `[profile.cloud]
address = "${front.address}"
namespace = "default"
api_key = "${API_KEY}"
[profile.cloud.tls]
server_name = "${SERVER_NAME}"
server_ca_cert_path = "${given.TEMPORAL_TLS_SERVER_CA_CERT_PATH}"
client_cert_data = """
${CLIENT_CERT}"""
client_key_data = """
${CLIENT_KEY}"""
`;
    const env = { TEMPORAL_CONFIG_FILE: file('temporal.toml', toml), TEMPORAL_PROFILE: 'cloud' };
    const config = readConfig({ ...testEnv(env), TEMPORAL_ADDRESS: '', RECONCILE_MINUTES: '0' });
    expect((await prepareServices(config)).searchAttributes).toEqual([]);
    const [temporal] = await examine(config);
    expect(temporal).toMatchObject({ service: 'temporal', ok: true, address: front.address });
  });

  test.each<[string, Record<string, string>]>([
    ['TEMPORAL_TLS=true', { ...none(given), TEMPORAL_TLS: 'false' }],
    ['TEMPORAL_TLS_SERVER_CA_CERT_PATH', { TEMPORAL_TLS_SERVER_CA_CERT_PATH: '' }],
    ['TEMPORAL_TLS_SERVER_NAME', { TEMPORAL_TLS_SERVER_NAME: 'temporal.example.org' }],
    ['TEMPORAL_TLS_CLIENT_CERT_PATH', { TEMPORAL_TLS_CLIENT_CERT_PATH: '', TEMPORAL_TLS_CLIENT_KEY_PATH: '' }],
    ['TEMPORAL_API_KEY', { TEMPORAL_API_KEY: 'key-of-somebody-else-987654321' }],
  ])('names %s where that is what is wrong, and shows no secret', async (setting, wrong) => {
    const config = readConfig({ ...testEnv({ ...given, TEMPORAL_ADDRESS: front.address }), ...wrong });
    const failed = await createWorker({ settings: config, logger: createLogger('silent', 'worker') }).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    expect(failed).toMatchObject({ type: 'Config.Invalid', message: expect.stringContaining(setting) });
    const said = String(failed?.message) + String(failed?.stack);
    for (const secret of [API_KEY, 'key-of-somebody-else', ...CLIENT_KEY.split('\n').slice(1, 3)]) {
      expect(scrub(said)).not.toContain(secret);
      expect(failed?.message).not.toContain(secret);
    }
  });

  test('is asked with a run that a worker without the key leaves as it is', async () => {
    const env = testEnv({ PAYLOAD_KEY_FILE: given.PAYLOAD_KEY_FILE });
    const { PAYLOAD_KEY_FILE: _key, ...withoutKey } = env;
    const client = await StoryClient.connect(readConfig(env));
    const projectId = await client.create({ topic: ownTopic().topic, name: 'waits for its key' });
    const blind = await createWorker({ settings: readConfig(withoutKey), logger: createLogger('silent', 'worker') });
    await client.start(projectId, { stages: ['rewrite'] });
    await withTemporal(readConfig(env), async (temporal) => {
      const run = temporal.workflow.getHandle(workflowIdOf(projectId));
      // It is repeated from now on, until a worker has the key.
      await until('a task that failed', async () =>
        Boolean((await run.fetchHistory()).events?.some((event) => event.workflowTaskFailedEventAttributes)),
      );
      expect((await run.describe()).status.name).toBe('RUNNING');
      await run.terminate();
    });
    await blind.stop();
    await client.close();
  });

  test('is asked through no proxy that a shell has for other programs', async () => {
    process.env['https_proxy'] = 'http://127.0.0.1:1';
    try {
      const config = readConfig(testEnv({ ...given, TEMPORAL_ADDRESS: front.address }));
      await (await connectTemporal(config, 5_000)).close();
    } finally {
      delete process.env['https_proxy'];
    }
  });

  test('is named by doctor and the client in the same words', async () => {
    const env = testEnv({ ...given, TEMPORAL_ADDRESS: front.address, TEMPORAL_API_KEY: 'another-key-987654321' });
    const [temporal] = await examine(readConfig(env));
    expect(temporal).toMatchObject({ ok: false, advice: expect.stringContaining('TEMPORAL_API_KEY') });
    await expect(StoryClient.connect(readConfig(env))).rejects.toMatchObject({
      message: temporal?.advice,
    });
  });
});

function none(given: object): Record<string, string> {
  return Object.fromEntries(Object.keys(given).map((name) => [name, '']));
}

/** The encodings of all payloads within. */
function payloadsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { metadata, data } = value as { metadata?: Record<string, Uint8Array>; data?: unknown };
  // What workflows are searched by cannot be encrypted.
  const rest = Object.entries(value).flatMap(([name, each]) => (name === 'searchAttributes' ? [] : [each]));
  const own = metadata?.['encoding'] && data !== undefined ? [Buffer.from(metadata['encoding']).toString()] : [];
  return [...own, ...rest.flatMap(payloadsIn)];
}
