import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import type { ProjectId } from '../../src/protocol';
import { HttpUser } from '../support/gateway';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { TcpProxy } from '../support/tcp-proxy';
import { testEnv } from '../support/services';
import { until } from '../support/until';

const PROVIDER_KEY = 'sk-proj-gAtEwAyMaRk0123456789';
const BUCKET_KEY = 'bUcKeTmArKeD/0123456789+abcdefgh';
const SIGNING_KEY = Buffer.from('sIgNiNgMaRkEd0123456789abcdefghi').toString('base64');
const cli = resolve(__dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');
let database: OwnDatabase;
let client: StoryClient;
let postgres: TcpProxy;
let child: ChildProcess;
let url: string;
let log = '';

beforeAll(async () => {
  database = await createOwnDatabase();
  const env = testEnv({ DATABASE_URL: database.url });
  client = await StoryClient.connect(readConfig(env));
  const way = new URL(database.url);
  postgres = await TcpProxy.start(Number(way.port));
  way.port = String(postgres.port);
  child = spawn(process.execPath, [cli, 'gateway'], {
    env: {
      PATH: process.env['PATH'],
      ...env,
      DATABASE_URL: way.href,
      LOG_LEVEL: 'trace',
      OPENAI_API_KEY: PROVIDER_KEY,
      AWS_SECRET_ACCESS_KEY: BUCKET_KEY,
      GATEWAY_SIGNING_KEYS: `2026-11:${SIGNING_KEY}`,
      GATEWAY_ADDRESS: '127.0.0.1:0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr?.on('data', (data: Buffer) => (log += data.toString('utf8')));
  url = await new Promise<string>((ready, fail) => {
    if (child.stdout) createInterface({ input: child.stdout }).once('line', ready);
    child.once('exit', () => fail(new Error(log)));
  });
});
afterAll(async () => {
  child.kill('SIGKILL');
  await client.close();
  await postgres.close();
  await database.drop();
});

test('After a session with failures, no secret of it is in a log line, a problem, a row or the audit', async () => {
  const said: string[] = [];
  const secrets: Record<string, string> = { PROVIDER_KEY, BUCKET_KEY, SIGNING_KEY };
  const { password } = new URL(database.url);
  if (password.length >= 8) secrets['the password of Postgres'] = password;
  const key = await client.keys.create({ name: 'operator' });
  secrets['the key'] = key.secret;
  const login = await client.sessions.createLoginToken();
  secrets['the login link'] = login;
  const [anybody, operator] = [new HttpUser(url), new HttpUser(url, key.secret)];
  const signedIn = await anybody.ask('POST', '/v1/sessions', { login });
  expect(signedIn.status).toBe(201);
  const cookie = String(signedIn.headers.get('set-cookie')).split(';')[0] ?? '';
  secrets['the session'] = cookie.split('=')[1] ?? '';
  const { projectId } = (await operator.ask('POST', '/v1/projects', { topic: 'a fox' })).body as {
    readonly projectId: ProjectId;
  };
  const made = (await operator.ask('POST', '/v1/tokens', { project: projectId })).body as { readonly token: string };
  secrets['the token'] = made.token;
  secrets['the signature'] = made.token.split('.')[2] ?? '';
  const shared = await anybody.ask('POST', '/v1/sessions', { share: made.token });
  secrets['the shared session'] = String(shared.headers.get('set-cookie')).split(';')[0]?.split('=')[1] ?? '';
  const second = (await operator.ask('POST', '/v1/keys', { name: 'x' })).body as { readonly secret: string };
  secrets['a second key'] = second.secret;
  const path = `/v1/projects/${projectId}`;

  /** Whatever goes wrong, with the secret in every place of the request. */
  const everythingWrong = async () => {
    for (const secret of Object.values(secrets)) {
      const headers = { cookie: `storyreel=${secret}; ${cookie}`, 'last-event-id': secret, 'if-match': `"${secret}"` };
      for (const who of [new HttpUser(url, secret), new HttpUser(url, `${secret}x`), anybody]) {
        for (const [method, at, body] of [
          ['GET', `${path}/events?cursor=${encodeURIComponent(secret)}`],
          ['GET', `/v1/projects?after=${encodeURIComponent(secret)}`],
          ['GET', `/v1/nowhere/${encodeURIComponent(secret)}`],
          ['PATCH', path, { topic: 'x', [secret]: 1 }],
          ['POST', '/v1/projects', `{"topic":"${secret}`],
          ['POST', '/v1/sessions', { share: secret }],
          ['POST', '/v1/tokens', { project: secret }],
        ] as const) {
          const answer = await who.ask(method, at, body, { ...headers, 'sec-fetch-site': 'same-origin' });
          // A problem may name what its own request has sent, and nothing else.
          said.push((answer.text + JSON.stringify([...answer.headers])).replaceAll(secret, ''));
        }
      }
    }
  };
  await everythingWrong();
  await postgres.refuse();
  await until('Postgres is away', async () => (await operator.ask('GET', '/v1/projects')).status === 503);
  await everythingWrong();
  await postgres.accept();
  await until('Postgres is back', async () => (await operator.ask('GET', '/v1/projects')).status === 200);
  said.push((await operator.ask('GET', '/v1/audit?limit=1000')).text, (await operator.ask('GET', '/v1/keys')).text);
  for (const open of ['/v1', '/v1/errors', '/readyz']) said.push((await anybody.ask('GET', open)).text);

  const tables = await database.dataSource.query<{ name: string }[]>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const rows: unknown[] = [];
  for (const { name } of tables) rows.push(await database.dataSource.query(`SELECT * FROM "${name}"`));
  expect(log).toContain('a request failed');
  for (const [where, text] of [
    ['the log', log],
    ['the rows', JSON.stringify(rows)],
    ['the answers', said.join('\n')],
  ] as const) {
    const found = Object.keys(secrets).filter((name) => text.includes(secrets[name] ?? ''));
    expect({ where, found }).toEqual({ where, found: [] });
  }
});
