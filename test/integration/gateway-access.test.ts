import { randomBytes, randomUUID } from 'node:crypto';
import { actAs, changeRows } from '../../src/client/access/acting';
import { Project } from '../../src/entities';
import type { RunningGateway } from '../../src/gateway';
import { signToken } from '../../src/gateway/token';
import type { ProjectId } from '../../src/protocol';
import { HttpUser, ownKey, startGateway, type Answer, startGatewayApp } from '../support/gateway';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { testEnv, type TestApp } from '../support/services';
import { ownTopic } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

const studio = new StudioControl();

let database: OwnDatabase;
let app: TestApp;
let gateway: RunningGateway;
let close: () => Promise<void>;
let anybody: HttpUser;

const SAME = { 'sec-fetch-site': 'same-origin' };
const cookieOf = ({ headers }: Answer) => String(headers.get('set-cookie')).split(';')[0] ?? '';

beforeAll(async () => {
  ({ app, gateway, close, database } = await startGatewayApp());
  anybody = new HttpUser(gateway.url);
});
afterAll(async () => {
  await close();
});

describe('A session', () => {
  test('of a login link is the operator’s, once, with and without keys', async () => {
    expect((await anybody.ask('GET', '/v1/sessions/current')).body).toMatchObject({ kind: 'open' });
    const login = await app.client.sessions.createLoginToken();
    const [one, other] = await Promise.all([0, 1].map(() => anybody.ask('POST', '/v1/sessions', { login })));
    expect([one?.status, other?.status].sort()).toEqual([201, 401]);
    const signedIn = [one, other].find((answer) => answer?.status === 201) as Answer;
    expect(signedIn.headers.get('set-cookie')).toMatch(
      /^storyreel=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax$/,
    );
    const cookie = cookieOf(signedIn);
    const { secret } = await ownKey(app);
    await until('the key', async () => (await anybody.ask('GET', '/v1/projects')).status === 401);
    const current = await anybody.ask('GET', '/v1/sessions/current', undefined, { cookie });
    expect(current.body).toMatchObject({ kind: 'session', scopes: expect.arrayContaining(['read', 'admin']) });
    expect(current.body).not.toHaveProperty('owner');

    // A key that is stated counts more than the cookie.
    const both = await new HttpUser(gateway.url, secret).ask('GET', '/v1/sessions/current', undefined, { cookie });
    expect(both.body).toMatchObject({ kind: 'key' });
    expect(await app.client.sessions.takeLoginToken(login)).toBe(false);
    const stored = await database.dataSource.query('SELECT * FROM sessions');
    expect(JSON.stringify(stored)).not.toContain(cookie.split('=')[1]);
  });

  test('of a key sees what the key sees, and ends with it, with its streams', async () => {
    const key = await ownKey(app, ['read', 'write']);
    const signedIn = await new HttpUser(gateway.url, key.secret).ask(
      'POST',
      '/v1/sessions',
      {},
      {
        origin: gateway.url.replace('http:', 'https:'),
      },
    );
    expect(signedIn.headers.get('set-cookie')).toMatch(/^__Host-storyreel=.*; Path=\/; .*; Secure$/);
    expect(signedIn.body).toMatchObject({ owner: key.owner, scopes: ['read', 'write'] });
    const cookie = cookieOf(signedIn);
    const created = await anybody.ask('POST', '/v1/projects', { topic: 'a fox' }, { cookie, ...SAME });
    const { projectId } = created.body as { projectId: ProjectId };
    expect(await app.client.owner(projectId)).toBe(key.owner);
    const started = await anybody.ask('POST', `/v1/projects/${projectId}/start`, {}, { cookie, ...SAME });
    expect(started).toMatchObject({ status: 403, body: { scope: 'run' } });

    const stream = fetch(`${gateway.url}/v1/projects/${projectId}/events`, { headers: { cookie } });
    const text = (await stream).text();
    expect((await stream).headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await app.client.keys.revoke(key.id)).toBe(true);
    expect(await text).toContain('{"type":"end","reason":"revoked"}');
    expect((await anybody.ask('GET', '/v1/projects', undefined, { cookie })).status).toBe(401);
  });

  test('is over when the person signs out, and counts 12 hours after its last use, 7 days at most', async () => {
    const begin = async () => {
      const login = await app.client.sessions.createLoginToken();
      return cookieOf(await anybody.ask('POST', '/v1/sessions', { login }));
    };
    const status = async (cookie: string) =>
      (await anybody.ask('GET', '/v1/sessions/current', undefined, { cookie })).status;
    const left = await begin();
    const out = await anybody.ask('DELETE', '/v1/sessions', undefined, { cookie: left, ...SAME });
    expect([out.status, out.headers.getSetCookie().length]).toEqual([204, 2]);
    expect(await status(left)).toBe(401);

    const cookie = await begin();
    const age = (column: string, interval: string) =>
      database.dataSource.query(`UPDATE sessions SET ${column} = now() - interval '${interval}'`);
    await age('used_at', '11 hours');
    expect(await status(cookie)).toBe(200);
    // Its use has made it young again.
    const young = await database.dataSource.query(
      `SELECT id FROM sessions WHERE used_at > now() - interval '1 minute'`,
    );
    expect(young).toHaveLength(1);
    await age('created_at', '8 days');
    expect(await status(cookie)).toBe(401);
    await age('created_at', '1 day');
    await age('used_at', '13 hours');
    expect(await status(cookie)).toBe(401);
  });

  test('ends when its browser signs in again, and a session that somebody else has planted is never taken over', async () => {
    const begin = async (cookie?: string) => {
      const login = await app.client.sessions.createLoginToken();
      return cookieOf(await anybody.ask('POST', '/v1/sessions', { login }, cookie === undefined ? {} : { cookie }));
    };
    const status = async (cookie: string) =>
      (await anybody.ask('GET', '/v1/sessions/current', undefined, { cookie })).status;
    const planted = `storyreel=${'x'.repeat(43)}`;
    const first = await begin(planted);
    expect(first).not.toBe(planted);
    expect(await status(planted)).toBe(401);
    const second = await begin(first);
    expect([await status(first), await status(second)]).toEqual([401, 200]);
  });

  test.each([
    ['without a word on its origin', {}, 403],
    ['from another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['from a neighbouring host', { 'sec-fetch-site': 'same-site' }, 403],
    ['from another origin', { origin: 'https://evil.example' }, 403],
    ['from a page without an origin', { origin: 'null' }, 403],
    ['from the page', SAME, 201],
    ['from a page of this host by its origin', undefined, 201],
  ])('changes nothing for a request %s, unless it is our page’s', async (_, headers, status) => {
    const login = await app.client.sessions.createLoginToken();
    const cookie = cookieOf(await anybody.ask('POST', '/v1/sessions', { login }));
    const from: Record<string, string> = headers ?? { origin: gateway.url };
    const answer = await anybody.ask('POST', '/v1/projects', { topic: 'a fox' }, { cookie, ...from });
    expect(answer.status).toBe(status);
  });
});

describe('A token that shows a project', () => {
  let owner: HttpUser;
  let projectId: ProjectId;
  let made: { readonly id: string; readonly token: string };

  const make = async (seconds = 900) => {
    const answer = await owner.ask('POST', '/v1/tokens', { project: projectId, seconds });
    expect(answer.status).toBe(201);
    return answer.body as typeof made;
  };

  beforeAll(async () => {
    owner = new HttpUser(gateway.url, (await ownKey(app)).secret);
    ({ projectId } = (await owner.ask('POST', '/v1/projects', { topic: 'a fox' })).body as { projectId: ProjectId });
    made = await make();
  });

  test('shows this project and its film, as a bearer token and as a session, and nothing else', async () => {
    const other = (await owner.ask('POST', '/v1/projects', { topic: 'a hare' })).body as { projectId: ProjectId };
    const exchanged = await anybody.ask('POST', '/v1/sessions', { share: made.token });
    expect(exchanged).toMatchObject({ status: 201, body: { scopes: ['read'], project: projectId } });
    const cookie = { cookie: cookieOf(exchanged), ...SAME };
    const bearer = new HttpUser(gateway.url, made.token);
    for (const ask of [
      (method: string, path: string, body?: object) => bearer.ask(method, path, body),
      (method: string, path: string, body?: object) => anybody.ask(method, path, body, cookie),
    ]) {
      const path = `/v1/projects/${projectId}`;
      expect((await ask('GET', path)).status).toBe(200);
      expect((await ask('GET', `${path}/film`)).body).toMatchObject({ code: 'Request.NotFound' });
      expect((await ask('GET', `/v1/projects/${other.projectId}`)).status).toBe(404);
      for (const [method, closed] of [
        ['GET', '/v1/projects'],
        ['GET', '/v1/batches/x'],
        ['GET', `${path}/editable`],
        ['GET', `${path}/waits`],
        ['GET', `${path}/tokens`],
        ['POST', `${path}/start`],
        ['POST', `${path}/explain`],
        ['DELETE', path],
      ] as const) {
        const answer = await ask(method, closed, method === 'POST' ? {} : undefined);
        expect([method, closed, answer.status]).toEqual([method, closed, 403]);
      }
    }
    const listed = await owner.ask('GET', `/v1/projects/${projectId}/tokens`);
    expect(listed.body.tokens).toMatchObject([{ id: made.id, project: projectId }]);
    expect(listed.text).not.toContain(made.token.split('.')[2]);
  });

  test.each([
    ['by itself', (id: string) => owner.ask('DELETE', `/v1/projects/${projectId}/tokens/${id}`)],
    ['with all of its project', () => owner.ask('DELETE', `/v1/projects/${projectId}/tokens`)],
  ])('is revoked %s, with its open streams and its sessions', async (_, revoke) => {
    const { id, token } = await make();
    const cookie = cookieOf(await anybody.ask('POST', '/v1/sessions', { share: token }));
    const streams = await Promise.all(
      [{ cookie }, { authorization: `Bearer ${token}` }].map((headers) =>
        fetch(`${gateway.url}/v1/projects/${projectId}/events`, { headers: headers as Record<string, string> }),
      ),
    );
    expect((await revoke(id)).status).toBe(204);
    for (const stream of streams) expect(await stream.text()).toContain('{"type":"end","reason":"revoked"}');
    expect((await new HttpUser(gateway.url, token).ask('GET', `/v1/projects/${projectId}`)).status).toBe(401);
    expect((await anybody.ask('GET', `/v1/projects/${projectId}`, undefined, { cookie })).status).toBe(401);
  });

  test('lets its stream know of its end before it ends', async () => {
    const { token } = await make(2);
    const stream = await fetch(`${gateway.url}/v1/projects/${projectId}/events`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await stream.text()).toMatch(/"type":"expiring"[^]*"type":"end","reason":"(expired|revoked)"/);
  });
});

test('keys are made over HTTP by who may, and give no more than their maker has', async () => {
  const operator = new HttpUser(gateway.url, (await app.client.keys.create({ name: 'operator' })).secret);
  const made = await operator.ask('POST', '/v1/keys', { name: 'ann', owner: 'ann', scopes: ['read', 'admin'] });
  expect(made).toMatchObject({ status: 201, body: { owner: 'ann', secret: expect.stringMatching(/^sr_/) } });
  const ann = new HttpUser(gateway.url, made.body.secret as string);
  expect(await ann.ask('POST', '/v1/keys', { name: 'x', scopes: ['write'] })).toMatchObject({
    status: 403,
    body: { scope: 'write' },
  });
  expect((await ann.ask('POST', '/v1/keys', { name: 'x', owner: 'bob' })).status).toBe(422);
  const own = await ann.ask('POST', '/v1/keys', { name: 'x' });
  expect(own.body).toMatchObject({ owner: 'ann', scopes: ['read', 'admin'] });
  const listed = await ann.ask('GET', '/v1/keys');
  expect(listed.body.keys).toMatchObject([{ owner: 'ann' }, { owner: 'ann' }]);
  expect(listed.text).not.toMatch(/sr_|sha256/);
  const all = (await operator.ask('GET', '/v1/keys')).body.keys as { readonly id: string; readonly owner?: string }[];
  const others = all.find(({ owner }) => owner === undefined) ?? { id: '' };
  expect((await ann.ask('DELETE', `/v1/keys/${others.id}`)).status).toBe(404);
  expect((await ann.ask('DELETE', `/v1/keys/${own.body.id}`)).status).toBe(204);
  expect((await new HttpUser(gateway.url, own.body.secret as string).ask('GET', '/v1/projects')).status).toBe(401);
});

test('a key whose row has what this release does not know is listed, and grants what it knows', async () => {
  const operator = new HttpUser(gateway.url, (await app.client.keys.create({ name: 'operator' })).secret);
  const odd = await app.client.keys.create({ name: 'of a newer release', scopes: ['read'] });
  await database.dataSource.query(`UPDATE api_keys SET scopes = '{read,fly,NULL}' WHERE id = $1`, [odd.id]);
  const listed = await operator.ask('GET', '/v1/keys');
  expect(listed.body.keys).toContainEqual(expect.objectContaining({ id: odd.id, scopes: ['read'] }));
  const user = new HttpUser(gateway.url, odd.secret);
  expect((await user.ask('GET', '/v1/sessions/current')).body).toMatchObject({ scopes: ['read'] });
  const cookie = cookieOf(await user.ask('POST', '/v1/sessions', {}));
  const current = await anybody.ask('GET', '/v1/sessions/current', undefined, { cookie });
  expect(current.body).toMatchObject({ kind: 'session', scopes: ['read'] });
  await database.dataSource.query(`UPDATE api_keys SET sha256 = 'lost' WHERE id = $1`, [odd.id]);
  expect((await user.ask('GET', '/v1/projects')).status).toBe(401);
});

test('the audit has every change with its maker and its end, no texts, and is only added to', async () => {
  const operator = new HttpUser(gateway.url, (await app.client.keys.create({ name: 'operator' })).secret);
  const key = await ownKey(app);
  const user = new HttpUser(gateway.url, key.secret);
  const { projectId } = (await user.ask('POST', '/v1/projects', { topic: 'an unheard of fox' })).body;
  await user.ask('PATCH', `/v1/projects/${projectId}`, { topic: 'a hare' }, { 'if-match': '"v1"' });
  await user.ask('POST', `/v1/projects/${projectId}/retry`, { lane: 'image_generation/3' });
  const entriesOf = ({ body }: Answer) => body.entries as { readonly id: string; readonly owner: string | null }[];
  const ours = async () => entriesOf(await operator.ask('GET', '/v1/audit')).filter(({ owner }) => owner === key.owner);
  await until('the audit', async () => (await ours()).length === 3);
  const by = { credential: `key:${key.id}`, project: projectId };
  expect(await ours()).toMatchObject([
    { ...by, action: 'POST /v1/projects/:id/retry', lane: 'image_generation/3', code: 'Project.NotRunning' },
    { ...by, action: 'PATCH /v1/projects/:id', versionBefore: 1, versionAfter: 2, status: 200, code: null },
    { ...by, action: 'POST /v1/projects', status: 201 },
  ]);
  const pages: string[] = [];
  for (let after = ''; ;) {
    const page = await operator.ask('GET', `/v1/audit?limit=2${after}`);
    expect(page.text).not.toMatch(/fox|hare/);
    pages.push(...entriesOf(page).map(({ id }) => id));
    if (page.body.next === undefined) break;
    after = `&after=${page.body.next}`;
  }
  expect(new Set(pages).size).toBe(pages.length);
  await expect(database.dataSource.query('DELETE FROM audit')).rejects.toThrow('only added');
  await expect(database.dataSource.query('UPDATE audit SET status = 1')).rejects.toThrow('only added');
});

describe('The audit of a project', () => {
  let key: Awaited<ReturnType<typeof ownKey>>;
  let user: HttpUser;
  let projectId: ProjectId;

  beforeAll(async () => {
    key = await ownKey(app);
    user = new HttpUser(gateway.url, key.secret);
    ({ projectId } = (await user.ask('POST', '/v1/projects', { topic: 'a fox nobody knows' })).body);
  });

  const entriesIn = ({ body }: Answer) => body.entries as { readonly id: string; status: number; endedAt: unknown }[];
  const entries = async (query = '') => entriesIn(await user.ask('GET', `/v1/projects/${projectId}/audit${query}`));

  test('has who acted, over HTTP and in a program, and what of it ended', async () => {
    const path = `/v1/projects/${projectId}`;
    await user.ask('PUT', `${path}/budget`, { amount: 5 }, { 'storyreel-by': encodeURIComponent('Ann 安') });
    await app.client.audit.as('a nightly job', () => app.client.setBudget(projectId, 4));
    await app.client.edit(projectId, { topic: 'a hare' }, { by: 'bob' });
    await expect(app.client.pause(projectId)).rejects.toMatchObject({ type: 'Project.NotRunning' });
    for (const name of ['%20', 'a%0Ab', '%00', '%E0', 'x%7F'])
      expect((await user.ask('POST', '/v1/projects', { topic: 'a fox' }, { 'storyreel-by': name })).status).toBe(400);
    const tooLong = { 'storyreel-by': 'x'.repeat(201) };
    expect((await user.ask('PUT', `${path}/budget`, { amount: 3 }, tooLong)).status).toBe(400);
    const all = await until('every entry has ended', async () => {
      const found = await entries();
      return found.length === 6 && found.every(({ endedAt }) => endedAt !== null) && found;
    });
    expect(all).toMatchObject([
      { by: 'test', action: 'PUT /v1/projects/:id/budget', code: 'Request.Invalid' },
      { by: null, action: 'pause', status: 409, code: 'Project.NotRunning' },
      { by: 'bob', action: 'edit', versionAfter: 2, status: 200 },
      { by: 'a nightly job', action: 'setBudget', status: 200 },
      { by: 'Ann 安', action: 'PUT /v1/projects/:id/budget', credential: `key:${key.id}`, status: 204 },
      { by: 'test', action: 'POST /v1/projects', status: 201 },
    ]);
    expect(JSON.stringify(all)).not.toMatch(/fox|hare|sr_/);
  });

  test('comes in pages that have each entry once, by Link', async () => {
    const whole = (await entries()).map(({ id }) => id);
    const seen: string[] = [];
    for (let path: string | undefined = `/v1/projects/${projectId}/audit?limit=2`; path !== undefined;) {
      const page: Answer = await user.ask('GET', path);
      seen.push(...entriesIn(page).map(({ id }) => id));
      path = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(whole);
    const stranger = new HttpUser(gateway.url, (await ownKey(app)).secret);
    expect((await stranger.ask('GET', `/v1/projects/${projectId}/audit`)).status).toBe(404);
  });

  test('stores the outcome together with the rows: both, or neither', async () => {
    const { dataSource } = database;
    const doomed = new Error('the process dies before the commit');
    const budgetOf = async () => (await dataSource.getRepository(Project).findOneByOrFail({ id: projectId })).budget;
    const before = await budgetOf();
    const entry = await app.client.audit.begin({ action: 'setBudget', project: projectId, requestId: '' });
    const store = (amount: number, fails: boolean) =>
      actAs({ entry }, () =>
        changeRows(
          dataSource,
          async (manager) => {
            await manager.update(Project, { id: projectId }, { budget: amount });
            return fails;
          },
          (isDoomed) => {
            if (isDoomed) throw doomed;
            return {};
          },
        ),
      );
    const status = async () => (await entries('?limit=1'))[0]?.status;
    await expect(store(77, true)).rejects.toBe(doomed);
    expect([await budgetOf(), await status()]).toEqual([before, 102]);
    await store(78, false);
    // As a kill before the answer leaves it.
    expect([await budgetOf(), await status()]).toEqual([78, 200]);
  });

  test('stays after the project, for the operator', async () => {
    expect((await user.ask('DELETE', `/v1/projects/${projectId}`)).status).toBe(204);
    expect((await user.ask('GET', `/v1/projects/${projectId}/audit`)).status).toBe(404);
    const { entries: left } = await app.client.audit.page({ project: projectId, limit: 100 });
    expect(left[0]).toMatchObject({ action: 'DELETE /v1/projects/:id' });
    expect(left).toHaveLength(8);
  });
});

describe('Whatever is shown as a credential', () => {
  const [kid, key] = ['2026-11', randomBytes(32)];
  const signing = new Map([[kid, key]]);
  let behind: RunningGateway;
  let projectId: ProjectId;
  let credentials: Readonly<Record<string, Readonly<Record<string, string>>>>;
  let addresses = 0;

  type Expected = readonly [status: number, code?: string];
  interface Route {
    readonly line: string;
    readonly body?: object;
    readonly scope?: 'read' | 'write' | 'run' | 'review' | 'spend' | 'share' | 'admin';
    /** Needs any credential. */
    readonly signedIn?: true;
    /** Whether a token of the project is enough. */
    readonly shown?: true;
    /** For the owner with all scopes. */
    readonly good: Expected;
  }
  const at = '/v1/projects/:id';
  const notRunning = [409, 'Project.NotRunning'] as const;
  const ROUTES: readonly Route[] = [
    { line: 'GET /v1', good: [200] },
    { line: 'GET /v1/sessions/current', signedIn: true, good: [200] },
    { line: 'GET /v1/projects', scope: 'read', good: [200] },
    { line: `GET ${at}`, scope: 'read', shown: true, good: [200] },
    { line: `GET ${at}/events?format=json`, scope: 'read', shown: true, good: [200] },
    { line: `GET ${at}/film`, scope: 'read', shown: true, good: [404, 'Request.NotFound'] },
    { line: `GET ${at}/editable`, scope: 'read', good: [200] },
    { line: `GET ${at}/waits`, scope: 'read', good: [200] },
    { line: 'POST /v1/projects', body: { topic: 'a fox' }, scope: 'write', good: [201] },
    { line: `PATCH ${at}`, body: { topic: 'a hare' }, scope: 'write', good: [200] },
    { line: `POST ${at}/pause`, body: {}, scope: 'run', good: notRunning },
    { line: `POST ${at}/approve`, body: { gate: 'storyboard' }, scope: 'review', good: notRunning },
    { line: `PUT ${at}/budget`, body: { amount: 1 }, scope: 'spend', good: [204] },
    { line: `GET ${at}/tokens`, scope: 'share', good: [200] },
    { line: 'GET /v1/audit', scope: 'admin', good: [403, 'Request.Forbidden'] },
  ];
  const FORBIDDEN = [403, 'Request.Forbidden'] as const;
  const isOpen = ({ scope, signedIn }: Route) => scope === undefined && signedIn !== true;
  const isOfProject = ({ line }: Route) => line.includes(at);

  const good = (route: Route): Expected => route.good;
  const unknown = (route: Route): Expected => (isOpen(route) ? route.good : [401, 'Request.Unauthenticated']);
  const readsOnly = (route: Route): Expected =>
    isOpen(route) || route.signedIn || route.scope === 'read' ? route.good : FORBIDDEN;
  const stranger = (route: Route): Expected =>
    isOfProject(route) && route.scope !== 'admin' ? [404, 'Project.NotFound'] : route.good;
  const shown = (route: Route): Expected => (isOpen(route) || route.signedIn || route.shown ? route.good : FORBIDDEN);
  const EXPECTED: Readonly<Record<string, (route: Route) => Expected>> = {
    nothing: unknown,
    'a text': unknown,
    'another scheme': unknown,
    'a key in the query': (route) => (route.line === 'GET /v1' ? [200] : unknown(route)),
    'a key that nobody made': unknown,
    'a key that has expired': unknown,
    'a key that was revoked': unknown,
    'a key that reads': readsOnly,
    'a key': good,
    'a key of another owner': stranger,
    'a token': shown,
    'a token of another project': (route) => (route.shown ? [404, 'Project.NotFound'] : shown(route)),
    'a token without an algorithm': unknown,
    'a token of an unknown key': unknown,
    'a token with other claims': unknown,
    'a token that has expired': unknown,
    'a token that was revoked': unknown,
    'a token of before': unknown,
    'a session without an origin': (route) => (route.body ? FORBIDDEN : route.good),
    'a session from the page': good,
    'a session from another site': () => FORBIDDEN,
    'a session, and a key that reads': readsOnly,
    'a session, and a text': unknown,
  };

  beforeAll(async () => {
    const env = { DATABASE_URL: database.url, GATEWAY_TRUSTED_PROXIES: 'loopback' };
    behind = await startGateway(testEnv({ ...env, GATEWAY_SIGNING_KEYS: `${kid}:${key.toString('base64')}` }));
    const { keys, tokens, sessions } = app.client;
    const owner = `owner-${randomUUID()}`;
    const all = await keys.create({ name: 'all', owner });
    const reads = await keys.create({ name: 'reads', owner, scopes: ['read'] });
    const expired = await keys.create({ name: 'expired', owner });
    await database.dataSource.query(`UPDATE api_keys SET expires_at = now() WHERE id = $1`, [expired.id]);
    const revoked = await keys.create({ name: 'revoked', owner });
    await keys.revoke(revoked.id);
    projectId = await app.client.create({ topic: 'a fox', owner });
    const before = await tokens.create(projectId, { seconds: 900 });
    await tokens.revokeAll(projectId);
    const token = await tokens.create(projectId, { seconds: 900 });
    const gone = await tokens.create(projectId, { seconds: 900 });
    await tokens.revoke(projectId, gone.id);
    const elsewhere = await tokens.create(await app.client.create({ topic: 'a hare', owner }), { seconds: 900 });
    const { secret: session } = await sessions.create({ keyId: all.id });
    const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
    const cookie = { cookie: `storyreel=${session}` };
    const signed = signToken(signing, token);
    const [head = '', claims = '', mac = ''] = signed.split('.');
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const read = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString()) as object;
    credentials = {
      nothing: {},
      'a text': bearer('x'),
      'another scheme': { authorization: `Basic ${Buffer.from(`ann:${all.secret}`).toString('base64')}` },
      'a key in the query': { query: all.secret },
      'a key that nobody made': bearer(all.secret.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))),
      'a key that has expired': bearer(expired.secret),
      'a key that was revoked': bearer(revoked.secret),
      'a key that reads': bearer(reads.secret),
      'a key': bearer(all.secret),
      'a key of another owner': bearer((await ownKey(app)).secret),
      'a token': bearer(signed),
      'a token of another project': bearer(signToken(signing, elsewhere)),
      'a token without an algorithm': bearer(`${part({ ...read(head), alg: 'none' })}.${claims}.`),
      'a token of an unknown key': bearer(signToken(new Map([['2026-10', key]]), token)),
      'a token with other claims': bearer(`${head}.${part({ ...read(claims), prj: elsewhere.projectId })}.${mac}`),
      'a token that has expired': bearer(signToken(signing, { ...token, expiresAt: new Date(Date.now() - 1_000) })),
      'a token that was revoked': bearer(signToken(signing, gone)),
      'a token of before': bearer(signToken(signing, before)),
      'a session without an origin': cookie,
      'a session from the page': { ...cookie, ...SAME },
      'a session from another site': { ...cookie, 'sec-fetch-site': 'cross-site' },
      'a session, and a key that reads': { ...cookie, ...SAME, ...bearer(reads.secret) },
      'a session, and a text': { ...cookie, ...SAME, ...bearer('x') },
    };
  });
  afterAll(async () => behind.stop());

  test.each(Object.entries(EXPECTED))('%s has one answer at each kind of route', async (name, expected) => {
    const { query, ...headers } = credentials[name] ?? {};
    const anyone = new HttpUser(behind.url);
    const found: Record<string, Expected> = {};
    for (const { line, body } of ROUTES) {
      const [method = '', path = ''] = line.replace(':id', projectId).split(' ');
      // A new address for each: one that shows too many credentials that do not count is refused for that alone.
      addresses += 1;
      const address = `198.51.${Math.floor(addresses / 250)}.${addresses % 250}`;
      const more = { ...headers, 'x-forwarded-for': address, ...(method === 'PATCH' && { 'if-match': '*' }) };
      const asked = query === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}access_token=${query}`;
      const answer = await anyone.ask(method, asked, body, more);
      found[line] = answer.status < 400 ? [answer.status] : [answer.status, String(answer.body.code)];
      if (answer.status === 401) expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    }
    expect(found).toEqual(Object.fromEntries(ROUTES.map((route) => [route.line, expected(route)])));
  });
});

test('a stop is done although Postgres takes no entry of the audit, states so, and the entry is written later', async () => {
  const { topic, mark } = ownTopic();
  await studio.misbehave(mark, 'chat', { tokensPerSecond: 200, hold: 20 });
  const key = await ownKey(app);
  const user = new HttpUser(gateway.url, key.secret);
  const projectId = await app.client.create({ topic, owner: key.owner });
  await app.client.start(projectId, { stages: ['rewrite'] });
  const { dataSource } = database;
  await dataSource.query(`
    CREATE FUNCTION audit_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$`);
  await dataSource.query(
    'CREATE TRIGGER audit_is_full BEFORE INSERT ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_full()',
  );
  const path = `/v1/projects/${projectId}`;
  const overHttp = async () => {
    const { entries } = (await user.ask('GET', `${path}/audit`)).body as {
      readonly entries: readonly { readonly at: string; readonly credential: string | null }[];
    };
    return entries.filter(({ credential }) => credential !== null);
  };
  try {
    const paused = await user.ask('POST', `${path}/pause`, { now: true }, { 'storyreel-by': 'ann' });
    expect([paused.status, paused.headers.get('storyreel-audit')]).toEqual([200, 'late']);
    await until('it is paused', async () => (await app.client.status(projectId)).status === 'paused');
    const refused = await user.ask('PUT', `${path}/budget`, { amount: 9 });
    expect(refused).toMatchObject({ status: 503, body: { code: 'Service.Unreachable' } });
    expect((await app.client.status(projectId)).budget).toBeUndefined();
    expect((await overHttp()).length).toBe(0);
  } finally {
    await dataSource.query('DROP TRIGGER audit_is_full ON audit');
    await dataSource.query('DROP FUNCTION audit_is_full()');
  }
  const before = Date.now();
  const entries = await until('the entries are there', async () => {
    const found = await overHttp();
    return found.length === 2 && found;
  });
  expect(entries).toMatchObject([
    { action: 'PUT /v1/projects/:id/budget', status: 503, code: 'Service.Unreachable' },
    { action: 'POST /v1/projects/:id/pause', status: 200, by: 'ann', credential: `key:${key.id}` },
  ]);
  for (const { at } of entries) expect(Date.parse(at)).toBeLessThanOrEqual(before);
  await studio.release(mark);
  await app.client.cancel(projectId);
});

test('sessions are listed and ended by who may, with their streams; another owner’s are not there', async () => {
  const [ann, bob] = [await ownKey(app), await ownKey(app)];
  const operator = new HttpUser(gateway.url, (await app.client.keys.create({ name: 'operator' })).secret);
  const signIn = async (key: typeof ann) =>
    cookieOf(await new HttpUser(gateway.url, key.secret).ask('POST', '/v1/sessions', {}));
  const [one, two, other] = [await signIn(ann), await signIn(ann), await signIn(bob)];
  const list = async (who: HttpUser, cookie?: string) =>
    (await who.ask('GET', '/v1/sessions', undefined, cookie === undefined ? {} : { cookie })).body
      .sessions as readonly { readonly id: string; readonly current: boolean; readonly owner?: string }[];
  const mine = await list(anybody, one);
  expect(mine).toMatchObject([
    { owner: ann.owner, name: 'test', keyId: ann.id, current: true },
    { owner: ann.owner, current: false },
  ]);
  expect(await list(new HttpUser(gateway.url, ann.secret))).toHaveLength(2);
  expect((await list(operator)).filter(({ owner }) => owner === ann.owner || owner === bob.owner)).toHaveLength(3);
  const end = (session: string, cookie: string) =>
    anybody.ask('DELETE', `/v1/sessions/${session}`, undefined, { cookie, ...SAME });
  expect((await end(mine[1]?.id ?? '', other)).status).toBe(404);

  const projectId = await app.client.create({ topic: 'a fox', owner: ann.owner });
  const stream = await fetch(`${gateway.url}/v1/projects/${projectId}/events`, { headers: { cookie: two } });
  expect((await end(mine[1]?.id ?? '', one)).status).toBe(204);
  expect(await stream.text()).toContain('{"type":"end","reason":"revoked"}');
  expect((await anybody.ask('GET', '/v1/sessions', undefined, { cookie: two })).status).toBe(401);
  expect((await end(mine[1]?.id ?? '', one)).status).toBe(404);
  expect(await list(anybody, one)).toHaveLength(1);
  const [left] = (await list(operator)).filter(({ owner }) => owner === bob.owner);
  expect(await app.client.sessions.revoke(left?.id ?? '')).toBe(true);
  expect((await anybody.ask('GET', '/v1/sessions', undefined, { cookie: other })).status).toBe(401);
});

test('who shows credentials that do not count too often has to wait, and one that counts is taken meanwhile', async () => {
  const wrong = () => anybody.ask('POST', '/v1/sessions', { login: 'x'.repeat(43) });
  const answers: Answer[] = [];
  for (let i = 0; i < 12; i += 1) answers.push(await wrong());
  const refused = answers.at(-1);
  expect(refused).toMatchObject({ status: 429, body: { code: 'Request.TooMany', retryable: true } });
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  const { secret } = await ownKey(app);
  expect((await new HttpUser(gateway.url, secret).ask('GET', '/v1/projects')).status).toBe(200);
  expect((await new HttpUser(gateway.url, secret).ask('POST', '/v1/sessions', {})).status).toBe(201);
  const unknown = new HttpUser(gateway.url, `sr_00000000_${'x'.repeat(43)}`);
  expect((await unknown.ask('GET', '/v1/projects')).status).toBe(429);
});

describe('Behind a proxy', () => {
  let behind: RunningGateway;
  const stranger = `sr_00000000_${'y'.repeat(43)}`;
  const from = (address: string, more: Record<string, string> = {}) => ({ 'x-forwarded-for': address, ...more });

  beforeAll(async () => {
    behind = await startGateway(testEnv({ DATABASE_URL: database.url, GATEWAY_TRUSTED_PROXIES: 'loopback' }));
  });
  afterAll(async () => behind.stop());

  test.each([
    ['203.0.113.5', '198.51.100.7'],
    ['2001:db8::5', '2001:db8:0:1::6'],
    ['127.0.0.1, 203.0.113.6', '10.0.0.1, 198.51.100.8'],
  ])('a stranger at %s is refused without harm for others', async (bad, good) => {
    const user = new HttpUser(behind.url, stranger);
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      const headers = from(bad.replace(/^127.0.0.1/, `127.0.0.${i}`));
      statuses.push((await user.ask('GET', '/v1/projects', undefined, headers)).status);
    }
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
    expect((await user.ask('GET', '/v1/projects', undefined, from(good))).status).toBe(401);
    const { secret } = await ownKey(app);
    const signedIn = await new HttpUser(behind.url, secret).ask('POST', '/v1/sessions', {}, from(good));
    expect(signedIn.status).toBe(201);
  });

  test('the cookie is for TLS if the proxy states it, and a stranger’s word changes nothing', async () => {
    const { secret } = await ownKey(app);
    const stated = from('203.0.113.9', { 'x-forwarded-proto': 'https' });
    const signedIn = await new HttpUser(behind.url, secret).ask('POST', '/v1/sessions', {}, stated);
    expect(signedIn.headers.get('set-cookie')).toMatch(/^__Host-storyreel=.*; HttpOnly; SameSite=Lax; Secure$/);
    const forged = await new HttpUser(gateway.url, secret).ask('POST', '/v1/sessions', {}, stated);
    expect(forged.headers.get('set-cookie')).toMatch(/^storyreel=(?!.*Secure)/);
    const hosted = from('203.0.113.9', { 'x-forwarded-host': 'evil.example', origin: 'http://evil.example' });
    expect((await new HttpUser(behind.url, secret).ask('POST', '/v1/sessions', {}, hosted)).status).toBe(403);
  });

  test('nobody is the operator without a key, and a gateway that has none does not start', async () => {
    const empty = await createOwnDatabase();
    try {
      const open = await startGateway(testEnv({ DATABASE_URL: empty.url }));
      try {
        const user = new HttpUser(open.url);
        expect((await user.ask('GET', '/v1/projects')).status).toBe(200);
        expect((await user.ask('GET', '/v1/projects', undefined, from('203.0.113.5'))).status).toBe(401);
      } finally {
        await open.stop();
      }
      await expect(
        startGateway(testEnv({ DATABASE_URL: empty.url, GATEWAY_TRUSTED_PROXIES: '10.0.0.0/8' })),
      ).rejects.toThrow(/^GATEWAY_TRUSTED_PROXIES names proxies, .* storyreel keys create$/);
    } finally {
      await empty.drop();
    }
  });
});
