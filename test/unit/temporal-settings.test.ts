import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { readConfig } from '../../src/config';
import { scrub } from '../../src/scrub';
import { temporalConnection, temporalUnreachable } from '../../src/temporal';
import { AUTHORITY, CLIENT_CERT, CLIENT_KEY } from '../support/certificates';
import { newFolder } from '../support/new-folder';

describe('A server that is no Temporal', () => {
  test.each<[string, string, (socket: Socket) => void]>([
    ['ends every connection', 'false', (socket) => socket.resetAndDestroy()],
    ['ends every connection', 'true', (socket) => socket.resetAndDestroy()],
    ['answers in other words', 'false', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['answers in other words', 'true', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('and %s is never stated to speak TLS, with TEMPORAL_TLS=%s', async (_what, TEMPORAL_TLS, answer) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).once('data', () => answer(socket));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const TEMPORAL_ADDRESS = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const options = temporalConnection(readConfig({ TEMPORAL_ADDRESS, TEMPORAL_TLS }));
    const { type, message } = await temporalUnreachable(options, new Error('not in time'));
    server.close();
    const expected =
      TEMPORAL_TLS === 'true' ? ['Config.Invalid', 'does not speak it'] : ['Service.Unreachable', 'not in time'];
    expect([type, message]).toEqual([expected[0], expect.stringContaining(expected[1] ?? '')]);
  });

  test('and is not there is Service.Unreachable with the cause', async () => {
    const options = temporalConnection(readConfig({ TEMPORAL_ADDRESS: '127.0.0.1:1' }));
    expect(await temporalUnreachable(options, new Error('not in time'))).toMatchObject({
      type: 'Service.Unreachable',
      message: expect.stringContaining('(ECONNREFUSED). Check TEMPORAL_ADDRESS'),
    });
  });
});

describe('How Temporal is reached', () => {
  const folder = newFolder();
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const optionsOf = (env: Record<string, string>) => temporalConnection(readConfig(env));
  const pair = { TEMPORAL_TLS_CLIENT_CERT_DATA: CLIENT_CERT, TEMPORAL_TLS_CLIENT_KEY_DATA: CLIENT_KEY };

  test('is without TLS, unless a setting asks for it', () => {
    expect(optionsOf({})).toEqual({ address: 'localhost:7233', tls: false, metadata: {} });
    expect(optionsOf({ TEMPORAL_API_KEY: 'a-key-1234' })).toMatchObject({ tls: {}, apiKey: 'a-key-1234' });
    expect(optionsOf({ TEMPORAL_TLS: 'true' }).tls).toEqual({});
    expect(optionsOf({ TEMPORAL_TLS_SERVER_NAME: 'x' }).tls).toEqual({ serverNameOverride: 'x' });
    expect(optionsOf({ TEMPORAL_API_KEY: 'a-key-1234', TEMPORAL_TLS: 'false' }).tls).toBe(false);
  });

  test('has certificates from files or from the settings themselves', () => {
    const ca = Buffer.from(AUTHORITY);
    const clientCertPair = { crt: Buffer.from(CLIENT_CERT), key: Buffer.from(CLIENT_KEY) };
    const expected = { serverRootCACertificate: ca, clientCertPair };
    const paths = {
      TEMPORAL_TLS_CLIENT_CERT_PATH: file('crt', CLIENT_CERT),
      TEMPORAL_TLS_CLIENT_KEY_PATH: file('key', CLIENT_KEY),
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: file('ca', AUTHORITY),
    };
    expect(optionsOf(paths).tls).toEqual(expected);
    expect(optionsOf({ ...pair, TEMPORAL_TLS_SERVER_CA_CERT_DATA: AUTHORITY }).tls).toEqual(expected);
  });

  test.each([
    ['TEMPORAL_TLS_CLIENT_KEY_PATH must be set together', { TEMPORAL_TLS_CLIENT_CERT_DATA: CLIENT_CERT }],
    [
      'TEMPORAL_TLS_CLIENT_CERT_PATH or TEMPORAL_TLS_CLIENT_CERT_DATA',
      { ...pair, TEMPORAL_TLS_CLIENT_CERT_PATH: '/x' },
    ],
    ['TEMPORAL_TLS_SERVER_CA_CERT_PATH names a file', { TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nowhere/ca.pem' }],
    ['TEMPORAL_TLS_SERVER_CA_CERT_DATA must be PEM', { TEMPORAL_TLS_SERVER_CA_CERT_DATA: 'MIIB' }],
    ['TEMPORAL_TLS must be true or false', { TEMPORAL_TLS: 'perhaps' }],
    ['TEMPORAL_CONFIG_FILE cannot be read', { TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' }],
  ])('is refused: %s', (said, env: Record<string, string>) => {
    expect(() => optionsOf(env)).toThrow(expect.objectContaining({ type: 'Config.Invalid' }) as Error);
    expect(() => optionsOf(env)).toThrow(said);
  });

  test('is in a profile of a file, and the environment replaces what is there', () => {
    const profile = `address = "cloud:7233"\nnamespace = "films"\napi_key = "the-key-of-the-file"\n`;
    const meta = `[profile.cloud.grpc_meta]\n"x-team" = "films"\n`;
    const TEMPORAL_CONFIG_FILE = file('a.toml', `[profile.cloud]\n${profile}${meta}[profile.default]\n`);
    const env = { TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE: 'cloud' };
    expect(optionsOf(env)).toEqual({
      address: 'cloud:7233',
      tls: {},
      apiKey: 'the-key-of-the-file',
      metadata: { 'x-team': 'films' },
    });
    expect(readConfig(env).TEMPORAL_NAMESPACE).toBe('films');
    expect(scrub('it was the-key-of-the-file')).not.toContain('the-key');
    const own = { TEMPORAL_ADDRESS: 'other:1', TEMPORAL_GRPC_META_X_TEAM: 'other', TEMPORAL_GRPC_META_A_B_C: 'd' };
    expect(optionsOf({ ...env, ...own })).toMatchObject({
      address: 'other:1',
      metadata: { 'x-team': 'other', 'a-b-c': 'd' },
    });
    expect(() => readConfig({ TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE: 'none' })).toThrow('which has no "none"');
  });

  test.each([
    '[profile.x\napi_key = "secret-of-the-file"',
    'api_key = "secret-of-the-file',
    '[profile.x]\npassword = "secret-of-the-file"',
  ])('is refused where the file is wrong, without its lines: %p', (text) => {
    const TEMPORAL_CONFIG_FILE = file('b.toml', text);
    expect(() => readConfig({ TEMPORAL_CONFIG_FILE })).toThrow(
      /^TEMPORAL_CONFIG_FILE must be a configuration file(?!.*secret)/,
    );
  });
});
