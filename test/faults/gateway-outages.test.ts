import { randomUUID } from 'node:crypto';
import type { RunningGateway } from '../../src/gateway';
import { StoryHttpClient } from '../../src/http-client';
import { laneId, type ProjectId } from '../../src/protocol';
import { StoryPage } from '../../src/protocol/viewer';
import { BODIES, HttpUser, ownKey, startGateway } from '../support/gateway';
import { longText } from '../support/long-rewrite';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { fromSetup, startApp, testEnv, type TestApp } from '../support/services';
import { ownTopic } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';

const VIEWERS = 5;
const studio = new StudioControl();
let database: OwnDatabase;
let app: TestApp;
let gateway: RunningGateway;
let user: HttpUser;
let secret: string;
let owner: string;
let stories: StoryHttpClient | undefined;
const proxies = {} as Record<Service, TcpProxy>;

type Service = 'postgres' | 'redis' | 'temporal';

/** The gateway's own ways to the services; the worker's are straight. */
beforeAll(async () => {
  database = await createOwnDatabase();
  const straight = testEnv({ DATABASE_URL: database.url });
  app = await startApp(straight);
  const through = async (service: Service, address: string) => {
    const url = new URL(address);
    proxies[service] = await TcpProxy.start(Number(url.port));
    url.port = String(proxies[service].port);
    return url;
  };
  const temporal = await through('temporal', `http://${fromSetup('STORYREEL_TEST_TEMPORAL_ADDRESS')}`);
  gateway = await startGateway({
    ...straight,
    DATABASE_URL: (await through('postgres', database.url)).href,
    REDIS_URL: (await through('redis', fromSetup('STORYREEL_TEST_REDIS_URL'))).href,
    TEMPORAL_ADDRESS: temporal.host,
    DATABASE_POOL_SIZE: '4',
  });
  ({ secret, owner } = await ownKey(app));
  user = new HttpUser(gateway.url, secret);
});
afterAll(async () => {
  await gateway.stop();
  for (const proxy of Object.values(proxies)) await proxy.close();
  await app.close();
  await database.drop();
});

afterEach(() => stories?.close());

interface Operation {
  readonly requestBody?: object;
}

/** Every operation of the document, each once; those that remove something come last. */
async function askAll(projectId: ProjectId) {
  const { paths } = (await user.ask('GET', '/v1/openapi.json')).body as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  const ask = (removes: boolean) =>
    Object.entries(paths).flatMap(([template, operations]) =>
      Object.entries(operations)
        .filter(([method]) => (method === 'delete') === removes)
        .map(async ([method, { requestBody }]) => {
          const path = template
            .replace('{id}', projectId)
            .replace('{batchId}', 'none')
            .replace('{sha256}', 'a'.repeat(64))
            .replace(/\{\w+\}/, 'none');
          const body =
            template === '/v1/tokens'
              ? { project: projectId }
              : requestBody && (BODIES[template.split('/').at(-1) ?? ''] ?? {});
          const leaving = AbortSignal.timeout(60_000);
          const answer = await fetch(gateway.url + path, {
            method: method.toUpperCase(),
            redirect: 'manual',
            signal: leaving,
            headers: {
              authorization: `Bearer ${secret}`,
              'if-match': '*',
              ...(body !== undefined && { 'content-type': 'application/json' }),
            },
            ...(body !== undefined && { body: JSON.stringify(body) }),
          });
          const type = answer.headers.get('content-type') ?? '';
          const isStream = type.includes('event-stream');
          if (isStream) await answer.body?.cancel();
          const text = isStream ? '' : await answer.text();
          return {
            at: `${method} ${template}`,
            status: answer.status,
            retry: answer.headers.get('retry-after'),
            type,
            text,
          };
        }),
    );
  const kept = await Promise.all(ask(false));
  return [...kept, ...(await Promise.all(ask(true)))];
}

const ready = async () => {
  const answer = await fetch(`${gateway.url}/readyz`);
  return { status: answer.status, ...((await answer.json()) as { ready: boolean; services: Record<string, boolean> }) };
};

const PUBLIC = [
  'get /v1/media/{link}',
  'get /v1',
  'get /v1/openapi.json',
  'get /v1/errors',
  'get /llms.txt',
  'get /healthz',
  'get /readyz',
];

test.each<readonly [string, readonly Service[]]>([
  ['Postgres', ['postgres']],
  ['Redis', ['redis']],
  ['Temporal', ['temporal']],
  ['Postgres and Redis', ['postgres', 'redis']],
  ['everything', ['postgres', 'redis', 'temporal']],
])(
  'While %s is away, each operation is answered, with a problem to try again if it must; after it, viewers are exact',
  async (_, services) => {
    const { topic, mark } = ownTopic();
    const text = longText(mark, 40);
    await studio.misbehave(mark, 'chat', { text, tokensPerSecond: 200, hold: 250 });
    const projectId = await app.client.create({ topic, owner, settings: { scenes: 1 } });
    stories = new StoryHttpClient({ url: gateway.url, token: secret });
    const watched = stories;
    const viewers = Array.from({ length: VIEWERS }, () => {
      const page = new StoryPage();
      const watching = (async () => {
        for await (const event of watched.watch(projectId)) page.apply(event);
        await page.proved();
      })();
      return { page, watching };
    });
    await app.client.start(projectId, { stages: ['rewrite'] });
    await until('some of the text', () =>
      viewers.every(({ page }) => (page.lanes.get(laneId('rewrite'))?.offset ?? 0) > 300),
    );
    for (const each of services) await proxies[each].refuse();
    await until('it is seen', async () => {
      const { services: reached } = await ready();
      return services.every((each) => reached[each] === false);
    });
    const { status, services: reached } = await ready();
    expect(status).toBe(services.includes('postgres') ? 503 : 200);
    expect(
      Object.keys(reached)
        .filter((each) => reached[each] === false)
        .sort(),
    ).toEqual([...services].sort());
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    // Of another project, because it is paused and cancelled, too.
    const answers = await askAll(await app.client.create({ topic, owner }));
    expect(answers.length).toBeGreaterThan(40);
    for (const { at, status: given, retry, type, text: said } of answers) {
      if (given < 400 || PUBLIC.includes(at)) continue;
      expect([at, type, said]).toEqual([at, expect.stringContaining('application/problem+json'), expect.anything()]);
      if (given >= 500)
        expect([at, given, retry, said]).toEqual([at, 503, expect.stringMatching(/^\d+$/), expect.anything()]);
    }
    if (services.includes('postgres')) {
      const taken = answers.filter(({ at, status: given }) => given !== 503 && !PUBLIC.includes(at));
      // Without a credential nobody is asked.
      expect(taken.map(({ at }) => at)).toEqual([]);
    }
    await studio.release(mark);
    await until('the text is stored', async () => (await app.client.status(projectId)).status === 'completed');
    for (const each of services) await proxies[each].accept();
    await until(
      'ready again',
      async () => (await ready()).status === 200 && Object.values((await ready()).services).every(Boolean),
    );
    await Promise.all(viewers.map(({ watching }) => watching));
    for (const { page } of viewers) {
      expect(page.lanes.get(laneId('rewrite'))).toMatchObject({ text, proof: 'verified' });
    }
    // No connection of the pool is lost: more than it has are used at once.
    const again = await Promise.all(Array.from({ length: 12 }, () => user.ask('GET', `/v1/projects/${projectId}`)));
    expect(again.map(({ status: given }) => given)).toEqual(Array(12).fill(200));
  },
);

test('A stream of a batch breaks off when Postgres goes away, and continues after it', async () => {
  const { topic, mark } = ownTopic();
  await studio.misbehave(mark, 'chat', { tokensPerSecond: 200, hold: 20 });
  const batchId = `b-${randomUUID().slice(0, 8)}`;
  const body = { batchId, projects: [{ topic }], stages: ['rewrite'] };
  expect((await user.ask('POST', '/v1/batches', body)).status).toBe(202);
  const open = () =>
    fetch(`${gateway.url}/v1/batches/${batchId}/events`, { headers: { authorization: `Bearer ${secret}` } });
  const first = await open();
  const text = first.text();
  await proxies.postgres.refuse();
  expect(await text).not.toContain('batch_ended');
  await proxies.postgres.accept();
  await studio.release(mark);
  const second = await until('an answer', async () => {
    const answer = await open();
    return answer.status === 200 && answer;
  });
  expect(await second.text()).toContain('"reason":"batch_ended"');
});
