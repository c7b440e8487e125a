import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { projectRoot } from '../architecture/project-files';
import { GatewayProcess, HttpUser, ownKey, SseReader, textOver } from '../support/gateway';
import { longText } from '../support/long-rewrite';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { startApp, testEnv, type TestApp } from '../support/services';
import { ownTopic, sha256 } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

const studio = new StudioControl();
let database: OwnDatabase;
let env: Record<string, string>;
let app: TestApp;

beforeAll(async () => {
  database = await createOwnDatabase();
  env = testEnv({ DATABASE_URL: database.url });
  app = await startApp(env);
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

test('a viewer through a kill -9, and through a deploy, of the gateway misses nothing', async () => {
  const { topic, mark } = ownTopic();
  const text = longText(mark, 100);
  await studio.misbehave(mark, 'chat', { text, tokensPerSecond: 300 });
  const { owner, secret: key } = await ownKey(app);
  const projectId = await app.client.create({ topic, owner, settings: { scenes: 1 } });
  const first = await GatewayProcess.start(env);
  const { host } = new URL(first.url);
  const python = spawn('python3', [join(projectRoot, 'docs', 'examples', 'watch.py'), first.url, projectId], {
    env: { PATH: process.env['PATH'], STORYREEL_KEY: key },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  python.stdout.on('data', (data: Buffer) => (said += data.toString('utf8')));
  // 'exit' may come before the last of its output.
  const left = once(python, 'close');
  const reader = new SseReader(new HttpUser(first.url, key), projectId);
  const begun = reader.read();
  await until('the snapshot', () => reader.seen.length > 1);
  await app.client.start(projectId, { stages: ['rewrite'] });
  const bytes = () => textOver(reader.seen, 'rewrite').length;
  await until('some of the text', () => bytes() > 200);
  await first.end('SIGKILL');
  expect(await begun).toBe('ended');
  expect(reader.seen.at(-1)?.event.type).toBe('token');

  const second = await GatewayProcess.start(env, host);
  const before = bytes();
  const resumed = reader.read();
  await until('more of the text', () => bytes() > before + 200);
  expect(reader.headers.get('storyreel-resumed-from')).toMatch(/^\d+-\d+$/);
  expect(await second.end('SIGTERM')).toBe(0);
  expect(await resumed).toBe('ended');

  const third = await GatewayProcess.start(env, host);
  await reader.read();
  expect(reader.seen.filter(({ event }) => event.type === 'snapshot')).toHaveLength(1);
  expect(textOver(reader.seen, 'rewrite').toString('utf8')).toBe(text);
  expect(await left).toEqual([0, null]);
  expect(said).toBe(`rewrite ${sha256(text)} verified\n`);
  await third.end('SIGTERM');
});
