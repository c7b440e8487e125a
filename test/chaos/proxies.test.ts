import type { RunningGateway } from '../../src/gateway';
import type { ProjectId } from '../../src/protocol';
import { SERVER_NAME } from '../support/certificates';
import { FrontProxy } from '../support/front-proxy';
import { ownKey, startGateway, textOver } from '../support/gateway';
import { Http2User, type Http2Viewer } from '../support/http2-user';
import { longText } from '../support/long-rewrite';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { startApp, testEnv, type TestApp } from '../support/services';
import { ownTopic, watchToEnd } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

const VIEWERS = 5;
const MAX_STREAMS = 8;
const studio = new StudioControl();
let database: OwnDatabase;
let app: TestApp;
let gateway: RunningGateway;
let owner: string;
let authorization: string;
let film: ProjectId;

beforeAll(async () => {
  database = await createOwnDatabase();
  const env = testEnv({
    DATABASE_URL: database.url,
    GATEWAY_HOSTS: SERVER_NAME,
    GATEWAY_TRUSTED_PROXIES: '127.0.0.1',
    GATEWAY_STREAMS: String(MAX_STREAMS),
  });
  app = await startApp(env);
  const key = await ownKey(app);
  owner = key.owner;
  authorization = `Bearer ${key.secret}`;
  gateway = await startGateway(env);
  film = await app.client.create({ topic: ownTopic().topic, owner, settings: { scenes: 1 } });
  await app.client.start(film);
  await watchToEnd(app.client, film);
});
afterAll(async () => {
  await gateway.stop();
  await app.close();
  await database.drop();
});

const texts = (viewers: readonly Http2Viewer[]) =>
  viewers.map((viewer) => textOver(viewer.seen, 'rewrite').toString('utf8'));

describe.each(['nginx', 'caddy'] as const)('Behind %s', (name) => {
  let proxy: FrontProxy;
  let user: Http2User;
  const others: Http2User[] = [];
  const connect = async (own: Record<string, string> = { authorization }, from?: string) => {
    const other = await Http2User.connect(proxy.port, own, from);
    others.push(other);
    return other;
  };

  beforeAll(async () => {
    const address = gateway.url.replace('http://', '');
    proxy = name === 'nginx' ? await FrontProxy.nginx(address) : await FrontProxy.caddy(address, SERVER_NAME);
    await proxy.start();
    user = await connect();
  });
  afterAll(async () => {
    for (const each of others) each.leave();
    await proxy.close();
  });

  test('tokens come as they are written, to several viewers of one connection, who continue after its end', async () => {
    const { topic, mark } = ownTopic();
    const text = longText(mark, 60);
    await studio.misbehave(mark, 'chat', { text, tokensPerSecond: 400, hold: 40 });
    const projectId = await app.client.create({ topic, owner, settings: { scenes: 1 } });
    const path = `/v1/projects/${projectId}/events`;
    const viewers = Array.from({ length: VIEWERS }, () => user.watch(path));
    await until('the snapshots', () => viewers.every(({ seen }) => seen.length > 0));
    await app.client.start(projectId, { stages: ['rewrite'] });
    // The provider is silent now, so that nothing pushes these tokens through a buffer.
    await until('the first tokens', () => texts(viewers).every((shown) => shown.length > 50));
    await until('a heartbeat', () => viewers.every((viewer) => /^: \d+$/m.test(viewer.text)));
    expect(texts(viewers).every((shown) => text.startsWith(shown) && shown.length < text.length)).toBe(true);
    for (const { headers } of viewers) {
      expect(headers).toMatchObject({ ':status': 200, 'content-type': 'text/event-stream; charset=utf-8' });
      expect(headers).not.toHaveProperty('content-encoding');
    }

    await proxy.kill();
    await until('the end of the connection', () => viewers.every(({ isOver }) => isOver));
    await proxy.start();
    user = await connect();
    const again = viewers.map(({ lastId = '' }) => user.watch(path, { 'last-event-id': lastId }));
    await until('the streams', () => again.every(({ status }) => status === 200));
    await studio.release(mark);
    await until('the end', () => again.every(({ isOver }) => isOver));
    for (const [i, viewer] of viewers.entries()) {
      const seen = [...viewer.seen, ...(again[i]?.seen ?? [])];
      expect(textOver(seen, 'rewrite').toString('utf8')).toBe(text);
      expect(seen.filter(({ event }) => event.type === 'snapshot')).toHaveLength(1);
      expect(seen.at(-1)?.event).toEqual({ type: 'end', reason: 'run_ended' });
    }
    const over = await user.ask('GET', path, { 'last-event-id': again[0]?.lastId ?? '' });
    expect(over.status).toBe(204);
  });

  test('a viewer who leaves is gone from the gateway, too', async () => {
    const projectId = await app.client.create({ topic: 'a fox', owner });
    const path = `/v1/projects/${projectId}/events`;
    const viewers = Array.from({ length: MAX_STREAMS }, () => user.watch(path));
    await until('the streams', () => viewers.every(({ status }) => status === 200));
    expect((await user.ask('GET', path)).status).toBe(429);
    const beats = () => viewers[1]?.text.match(/^: \d+$/gm)?.length ?? 0;
    const before = beats();
    viewers[0]?.leave();
    const next = await until('a free place', async () => {
      const viewer = user.watch(path);
      await until('an answer', () => viewer.status !== undefined);
      return viewer.status === 200 && viewer;
    });
    // A proxy that keeps the gateway's side open learns of the end from heartbeats that it cannot send.
    expect(beats() - before).toBeLessThan(2);
    for (const viewer of [...viewers, next]) viewer.leave();
  });

  test('media come in ranges with their tag, and an edit takes the tag of what it read', async () => {
    const { headers } = await user.ask('GET', `/v1/projects/${film}/film`);
    const media = String(headers.location);
    const whole = await user.ask('GET', media, { 'accept-encoding': 'gzip' });
    expect(whole.headers).toMatchObject({ 'accept-ranges': 'bytes', 'content-type': 'video/mp4' });
    expect(whole.headers).not.toHaveProperty('content-encoding');
    const etag = String(whole.headers.etag);
    const part = await user.ask('GET', media, { range: 'bytes=100-299', 'if-range': etag });
    expect(part).toMatchObject({ status: 206, headers: { etag } });
    expect(part.headers['content-range']).toBe(`bytes 100-299/${whole.bytes.length}`);
    expect(part.bytes.equals(whole.bytes.subarray(100, 300))).toBe(true);
    expect(await user.ask('GET', media, { 'if-none-match': etag })).toMatchObject({ status: 304 });

    const path = `/v1/projects/${film}`;
    const read = await user.ask('GET', path, { 'accept-encoding': 'gzip' });
    const tag = String(read.headers.etag);
    expect(tag).toMatch(/^"v\d+/);
    const edit = (title: string) => user.ask('PATCH', path, { 'if-match': tag }, { topic: `${title}, behind ${name}` });
    expect((await edit('a fox')).status).toBe(200);
    const late = await edit('an owl');
    expect(late.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(late.bytes.toString())).toMatchObject({ status: 412, code: 'Project.Conflict' });
    const long = await user.ask('POST', '/v1/projects', {}, { topic: 'x'.repeat(1_100_000) });
    expect(JSON.parse(long.bytes.toString())).toMatchObject({ status: 413 });
  });

  test('the cookie of a session is for TLS and for no script, and changes come from the page of this host', async () => {
    const browser = await connect({});
    const signedIn = await browser.ask('POST', '/v1/sessions', { authorization }, {});
    expect(signedIn.status).toBe(201);
    const [cookie = ''] = signedIn.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Host-storyreel=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/);
    const session = { cookie: cookie.split(';')[0] ?? '' };
    const create = (origin: string) => browser.ask('POST', '/v1/projects', { ...session, origin }, { topic: 'a fox' });
    expect((await create(`https://${SERVER_NAME}:${proxy.port}`)).status).toBe(201);
    expect((await create('https://evil.example')).status).toBe(403);
    const named = { ...session, 'x-forwarded-host': 'evil.example', origin: 'https://evil.example' };
    expect((await browser.ask('POST', '/v1/projects', named, { topic: 'a fox' })).status).toBe(403);
    const plain = await fetch(`http://127.0.0.1:${proxy.plainPort}/v1?x=1`, {
      redirect: 'manual',
      headers: { authorization },
    });
    expect([301, 308]).toContain(plain.status);
    expect(plain.headers.get('location')).toMatch(/^https:\/\/.*\/v1\?x=1$/);
  });

  test('each caller has an address of its own, whatever it states', async () => {
    const wrong = { authorization: `Bearer sr_00000000_${'z'.repeat(43)}` };
    const host = name === 'nginx' ? 1 : 2;
    const stranger = await connect(wrong, `127.0.${host}.2`);
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      const lies = ['203.0.113.5', `127.0.0.1, 203.0.113.${i}`, 'garbage', '127.0.0.1, 127.0.0.1'];
      const headers = { 'x-forwarded-for': lies[i % lies.length] ?? '', 'x-real-ip': '203.0.113.9' };
      statuses.push((await stranger.ask('GET', '/v1/projects', headers)).status);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    const other = await connect(wrong, `127.0.${host}.3`);
    expect((await other.ask('GET', '/v1/projects')).status).toBe(401);
  });
});
