import type { RunningGateway } from '../../src/gateway';
import type { ProjectId } from '../../src/protocol';
import { GatewayProcess, HttpUser, ownKey, startGateway } from '../support/gateway';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { RawHttp } from '../support/raw-http';
import { startApp, testEnv, type TestApp } from '../support/services';
import { until } from '../support/until';

let database: OwnDatabase;
let app: TestApp;
let secret: string;
let owner: string;
let projectId: ProjectId;
let env: Record<string, string>;

beforeAll(async () => {
  database = await createOwnDatabase();
  env = testEnv({ DATABASE_URL: database.url });
  app = await startApp(env);
  ({ secret, owner } = await ownKey(app));
  projectId = await app.client.create({ topic: 'a fox', owner, settings: { scenes: 1 } });
  await app.client.start(projectId, { stages: ['rewrite'] });
  await until('an ended run', async () => (await app.client.status(projectId)).status === 'completed');
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

/** Who reads or writes projects waits, until what this gives is called. */
async function holdProjects(): Promise<() => Promise<void>> {
  const runner = database.dataSource.createQueryRunner();
  await runner.startTransaction();
  await runner.query('LOCK TABLE projects IN ACCESS EXCLUSIVE MODE');
  return async () => {
    await runner.commitTransaction();
    await runner.release();
  };
}

const waiters = async () => {
  const rows: { readonly count: number }[] = await database.dataSource.query(
    `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows[0]?.count ?? 0;
};

const request = (url: string, line: string, ...headers: readonly string[]) =>
  RawHttp.request(url, line, [`Authorization: Bearer ${secret}`, ...headers]);

/** Ten waves of viewers let each stop take its whole grace. */
async function withViewers(gateway: { readonly url: string }): Promise<RawHttp[]> {
  const draft = await app.client.create({ topic: 'a draft', owner });
  const viewers = await Promise.all(Array.from({ length: 20 }, () => RawHttp.open(gateway.url)));
  for (const viewer of viewers) viewer.send(request(gateway.url, `GET /v1/projects/${draft}/events`));
  await until('all streams', () => viewers.every(({ received }) => received.includes('caught_up')));
  return viewers;
}

test('who asks while a gateway ends is answered: a viewer with 503, never that the run is over, and a change is made', async () => {
  const gateway = await GatewayProcess.start({ ...env, SHUTDOWN_GRACE_MS: '600000' });
  const viewers = await withViewers(gateway);
  const release = await holdProjects();
  const [late, writer] = [await RawHttp.open(gateway.url), await RawHttp.open(gateway.url)];
  // The cursor is the end of the run, so that a viewer has nothing more to come.
  late.send(request(gateway.url, `GET /v1/projects/${projectId}/events`));
  const body = '{"topic":"a hare"}';
  writer.send(
    request(gateway.url, 'POST /v1/projects', 'Content-Type: application/json', `Content-Length: ${body.length}`) +
      body,
  );
  await until('both wait', async () => (await waiters()) >= 2);
  const ended = gateway.end('SIGTERM');
  await until('the first wave', () => viewers.some(({ isClosed }) => isClosed));
  await release();
  await Promise.all([late.closed(), writer.closed()]);
  expect(late.answers()[0]).toMatchObject({ status: 503, body: expect.stringContaining('Gateway.Busy') });
  expect(late.answers()[0]?.head).toMatch(/^retry-after: \d+/m);
  expect(writer.answers()[0]?.status).toBe(201);
  const unready = await RawHttp.ask(gateway.url, request(gateway.url, 'GET /readyz'));
  expect([unready.status, JSON.parse(unready.body)]).toMatchObject([503, { ready: false }]);
  await gateway.end('SIGKILL');
  await ended;
  for (const viewer of viewers) viewer.leave();
});

test('what was asked before a stop is answered by it', async () => {
  const gateway: RunningGateway = await startGateway({ ...env, SHUTDOWN_GRACE_MS: '600000' });
  const user = new HttpUser(gateway.url, secret);
  await user.ask('GET', '/v1');
  const release = await holdProjects();
  const created = user.ask('POST', '/v1/projects', { topic: 'a hare' });
  await until('it waits', async () => (await waiters()) >= 1);
  const stopped = gateway.stop();
  await release();
  expect((await created).status).toBe(201);
  await stopped;
});

test('a request that was cut by a kill -9 makes one project when it is repeated by its key', async () => {
  const body = '{"topic":"a lynx"}';
  const key = 'Idempotency-Key: one-lynx';
  const post = (url: string) =>
    request(url, 'POST /v1/projects', 'Content-Type: application/json', key, `Content-Length: ${body.length}`) + body;
  const first = await GatewayProcess.start(env);
  const release = await holdProjects();
  const cut = await RawHttp.open(first.url);
  cut.send(post(first.url));
  await until('it waits', async () => (await waiters()) >= 1);
  await first.end('SIGKILL');
  await release();
  const second = await GatewayProcess.start(env);
  const answers = [await RawHttp.ask(second.url, post(second.url)), await RawHttp.ask(second.url, post(second.url))];
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  expect(answers[0]?.body).toBe(answers[1]?.body);
  const stored = await database.dataSource.query(`SELECT id FROM projects WHERE topic = 'a lynx'`);
  expect(stored).toHaveLength(1);
  await second.end('SIGTERM');
});
