import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { RunningGateway } from '../../src/gateway';
import { SCOPES, type ProjectId } from '../../src/protocol';
import {
  BODIES,
  GatewayProcess,
  HttpUser,
  ownKey,
  SseReader,
  startGateway,
  textOver,
  type SseMessage,
  startGatewayApp,
} from '../support/gateway';
import { longText } from '../support/long-rewrite';
import { createOwnDatabase, type OwnDatabase } from '../support/own-database';
import { fromSetup, type TestApp } from '../support/services';
import { ownTopic, sha256, watchToEnd } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';

const studio = new StudioControl();
const MEDIA_DIR = join(fromSetup('STORYREEL_TEST_FOLDER'), 'media-of-the-gateway');
let database: OwnDatabase;
let env: Record<string, string>;
let app: TestApp;
let gateway: RunningGateway;
let close: () => Promise<void>;
let user: HttpUser;
let owner: string;

beforeAll(async () => {
  ({ app, gateway, close, database, env } = await startGatewayApp({
    MEDIA_DIR,
    TEMPORAL_UI_URL: 'http://temporal.example/ui/',
  }));
});
afterAll(async () => {
  await close();
});

describe('On a loopback address without keys', () => {
  test('whoever is on this machine is the operator, but no page of another site', async () => {
    const anybody = new HttpUser(gateway.url);
    expect(await anybody.ask('GET', '/v1/projects')).toMatchObject({ status: 200, body: { projects: [] } });
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const refused = await anybody.ask('POST', '/v1/projects', { topic: 'x' }, headers);
      expect(refused).toMatchObject({ status: 403, body: { code: 'Request.Forbidden' } });
    }
  });

  test('no name but those of this machine is answered, but for the health, which a supervisor asks by any', async () => {
    const { hostname, port } = new URL(gateway.url);
    const answerOf = async (path: string) => {
      const socket = connect(Number(port), hostname);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n`);
      let answer = '';
      socket.on('data', (data: Buffer) => (answer += data.toString('utf8')));
      await once(socket, 'close');
      return answer;
    };
    expect(await answerOf('/v1/projects')).toMatch(/^HTTP\/1\.1 403 [^]*"code":"Request\.Forbidden"/);
    expect(await answerOf('/healthz')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await answerOf('/readyz')).toMatch(/^HTTP\/1\.1 200 [^]*"postgres":true,"redis":true,"temporal":true/);
  });
});

test('an agent finds each operation on one page, with its scope, and needs no key for it', async () => {
  const user = new HttpUser(gateway.url);
  const page = await user.ask('GET', '/llms.txt');
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
  const { paths } = (await user.ask('GET', '/v1/openapi.json')).body as Document;
  const stated = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { description }]) => {
      const scope = /`(\w+)`/.exec(description ?? '')?.[1];
      return `\`${method.toUpperCase()} ${path}\`${scope === undefined ? '' : ` (${scope})`}`;
    }),
  );
  expect([...page.text.matchAll(/^- (`[A-Z]+ \S+`(?: \(\w+\))?): \S/gm)].map(([, line]) => line)).toEqual(stated);
  for (const [, method = '', path = ''] of page.text.matchAll(/`(GET|POST|PUT|PATCH|DELETE) (\S+)`/g)) {
    expect(Object.keys(paths[path] ?? {})).toContain(method.toLowerCase());
  }
});

test('what cannot be read, or is asked by a method that is not there, is a problem, too', async () => {
  const { hostname, port } = new URL(gateway.url);
  const answerTo = async (request: string) => {
    const socket = connect(Number(port), hostname);
    socket.write(request);
    let answer = '';
    socket.on('data', (data: Buffer) => (answer += data.toString('utf8')));
    await once(socket, 'close');
    return answer;
  };
  const rest = `HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`;
  for (const [request, status] of [
    [`GET /%ff ${rest}`, 400],
    [`GET /%zz ${rest}`, 400],
    [`GET /v1/projects/${'a'.repeat(2_000)} ${rest}`, 404],
    [`GET /v1/nowhere ${rest}`, 404],
    [`GET /v1/projects?limit=1&limit=2 ${rest}`, 400],
    [`GET /v1/projects?unknown=1 ${rest}`, 400],
    [`GET /v1?${'x'.repeat(20_000)} ${rest}`, 431],
    [`FOO /v1/projects ${rest}`, 400],
    ['no HTTP at all\r\n\r\n', 400],
    [`PUT /v1/projects ${rest}`, 405],
    [`QUERY /v1/projects/${randomUUID()}/film ${rest}`, 405],
  ] as const) {
    const answer = await answerTo(request);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*application/problem\\+json[^]*"status":${status}`));
    if (status === 405) expect(answer).toMatch(/^allow: (\w+, )*OPTIONS/m);
  }
  expect(await answerTo(`OPTIONS /v1/projects ${rest}`)).toMatch(/^HTTP\/1\.1 204 [^]*allow: GET, HEAD, OPTIONS, POST/);
  const anybody = new HttpUser(gateway.url);
  for (const body of ['null', '[]', '"x"', '{"topic"', '{"topic": "x", "unknown": 1}']) {
    expect([body, (await anybody.ask('POST', '/v1/projects', body)).status]).toEqual([body, 400]);
  }
  for (const topic of ['', '\u0000', ' \t']) {
    expect((await anybody.ask('POST', '/v1/projects', { topic })).status).toBe(422);
  }
  const tooLarge = JSON.stringify({ topic: 'x'.repeat(2_000_000) });
  expect((await anybody.ask('POST', '/v1/projects', tooLarge)).status).toBe(413);
});

describe('With a key', () => {
  beforeAll(async () => {
    const key = await ownKey(app);
    owner = key.owner;
    user = new HttpUser(gateway.url, key.secret);
  });

  test('a film is made, watched and fetched, and another owner sees nothing of it', async () => {
    const { topic } = ownTopic();
    const headers = { 'idempotency-key': randomUUID() };
    const body = { topic, settings: { scenes: 1 }, start: { gates: ['storyboard'] } };
    const created = await user.ask('POST', '/v1/projects', body, headers);
    expect(created).toMatchObject({ status: 202, body: { run: { runId: expect.any(String) } } });
    const { projectId } = created.body as { projectId: ProjectId };
    const path = `/v1/projects/${projectId}`;
    expect(created.headers.get('location')).toBe(path);
    expect((await user.ask('POST', '/v1/projects', body, headers)).body).toEqual(created.body);
    expect(await user.ask('POST', '/v1/projects', { ...body, topic: 'another' }, headers)).toMatchObject({
      status: 422,
      body: { code: 'Request.Repeated' },
    });

    const reader = new SseReader(user, projectId);
    const reading = reader.read();
    await until('the gate', () =>
      reader.seen.some(({ event }) => event.type === 'awaiting' || event.status === 'awaiting_approval'),
    );
    const review = '/v1/review';
    expect((await user.ask('GET', review)).body).toEqual({
      items: [expect.objectContaining({ kind: 'gate', projectId, owner, stage: 'storyboard' })],
    });
    const { runId } = created.body.run as { readonly runId: string };
    expect((await app.client.status(projectId)).temporalUrl).toBe(
      `http://temporal.example/ui/namespaces/${env['TEMPORAL_NAMESPACE'] ?? 'default'}/workflows/story-${projectId}/${runId}/history`,
    );
    expect((await user.ask('GET', path)).body).not.toHaveProperty('temporalUrl');
    expect(await user.ask('POST', `${path}/approve`, { gate: 'storyboard' })).toMatchObject({ status: 200 });
    expect(await reading).toBe('ended');
    expect(reader.seen.at(-1)?.event).toMatchObject({ type: 'end', reason: 'run_ended' });
    const ids = reader.seen.flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);

    const text = await user.ask('GET', `${path}/lanes/text?lane=rewrite`);
    expect(textOver(reader.seen, 'rewrite').toString('utf8')).toBe(text.text);
    expect(text.headers.get('etag')).toBe(`"${sha256(text.text)}"`);

    // Who comes back after the end is told that there is no more, and who comes anew gets a snapshot.
    const lastId = reader.lastId ?? '';
    expect(await reader.read()).toBe('ended');
    expect(reader.status).toBe(204);
    const late = new SseReader(user, projectId, '?view=status');
    await late.read();
    expect(late.seen.map(({ event }) => event.type)).toEqual(['snapshot', 'end']);
    expect(late.seen[0]?.event.lanes.rewrite).not.toHaveProperty('text');
    const part = new SseReader(user, projectId, `?cursor=${ids[3]}`);
    await part.read();
    expect(part.headers.get('storyreel-resumed-from')).toBe(ids[3]);
    expect(part.seen.flatMap(({ id }) => id ?? []).at(-1)).toBe(lastId);

    // A script that holds no stream open reads the same, a page at a time.
    const pages: SseMessage[] = [];
    let next = `${path}/events?format=json&limit=7&cursor=${ids[1]}`;
    for (let ended = false; !ended;) {
      const page = await user.ask('GET', next, undefined, { accept: 'application/json' });
      expect(page).toMatchObject({ status: 200, body: { events: expect.any(Array), next: expect.any(String) } });
      expect(page.body.events.length).toBeLessThanOrEqual(7);
      pages.push(...(page.body.events as object[]).map((event) => ({ event })));
      next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
      ended = page.body.ended;
    }
    expect(textOver([...reader.seen.slice(0, 2), ...pages], 'rewrite').toString('utf8')).toBe(text.text);
    expect(pages.at(-1)?.event).toMatchObject({ type: 'pipeline_done', id: lastId });
    expect(new Set(pages.map(({ event }) => event.id)).size).toBe(pages.length);
    expect((await user.ask('GET', next)).body).toEqual({ events: [], next: lastId, caught_up: true, ended: true });
    const anew = (await user.ask('GET', `${path}/events?format=json&view=status`)).body;
    expect(anew).toMatchObject({ events: [{ type: 'snapshot' }], next: lastId, caught_up: true, ended: true });
    expect(anew.events[0].lanes.rewrite).not.toHaveProperty('text');
    const foreign = (await user.ask('GET', `${path}/events?format=json&cursor=9999999999999-0`)).body;
    expect(foreign).toMatchObject({ events: [{ type: 'snapshot' }], next: lastId });

    const film = await user.ask('GET', `${path}/film`);
    expect(film.status).toBe(302);
    const media = film.headers.get('location') ?? '';
    const whole = await user.ask('GET', media);
    const size = Number(whole.headers.get('content-length'));
    expect(whole.headers.get('cache-control')).toContain('immutable');
    for (const [range, status, content] of [
      ['bytes=0-3', 206, `bytes 0-3/${size}`],
      ['bytes=-4', 206, `bytes ${size - 4}-${size - 1}/${size}`],
      [`bytes=${size}-`, 416, `bytes */${size}`],
      ['bytes=3-1', 200, null],
      ['lines=1-2', 200, null],
      ['bytes=0-1,3-4', 200, null],
      [`bytes=${'9'.repeat(40)}-`, 416, `bytes */${size}`],
      [`bytes=1-${'9'.repeat(40)}`, 206, `bytes 1-${size - 1}/${size}`],
    ] as const) {
      const answer = await user.ask('GET', media, undefined, { range });
      expect([range, answer.status, answer.headers.get('content-range')]).toEqual([range, status, content]);
      if (status === 416) expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    const range = 'bytes=0-3';
    for (const [tag, status] of [
      [whole.headers.get('etag') ?? '', 206],
      ['"another"', 200],
      [`W/${whole.headers.get('etag')}`, 200],
      [new Date().toUTCString(), 200],
    ] as const) {
      const answer = await user.ask('GET', media, undefined, { range, 'if-range': tag });
      expect([tag, answer.status]).toEqual([tag, status]);
    }
    expect((await user.ask('HEAD', media, undefined, { range })).headers.get('content-length')).toBe(String(size));
    expect((await user.ask('GET', `${path}/subtitles.vtt`)).text).toMatch(/^WEBVTT\n\n00:00:00\.000 --> /);
    expect((await user.ask('GET', `${path}/chapters.vtt`)).text).toMatch(
      /^WEBVTT\n\n00:00:00\.000 --> \S+\nScene 1\n$/,
    );
    expect((await user.ask('GET', `${path}/subtitles.srt`)).text).toMatch(/^1\n00:00:00,000 --> /);

    const linked = await user.ask('POST', `${media}/links`, { seconds: 60 });
    expect(linked).toMatchObject({ status: 201, body: { id: expect.any(String), url: expect.any(String) } });
    const { id: linkId, url: link } = linked.body as { readonly id: string; readonly url: string };
    const page = new HttpUser(gateway.url);
    const embedding = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', range: 'bytes=0-3' };
    const embedded = await page.ask('GET', link, undefined, embedding);
    expect([embedded.status, embedded.headers.get('content-range')]).toEqual([206, `bytes 0-3/${size}`]);
    expect(embedded.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(embedded.headers.get('cache-control')).toMatch(/^private, max-age=[1-5]?\d$/);
    expect((await page.ask('GET', media, undefined, embedding)).status).toBe(403);
    // It opens nothing else, by whatever way it is shown.
    const holder = new HttpUser(gateway.url, link.split('/').at(-1));
    for (const at of [path, media, `${path}/events`]) expect((await holder.ask('GET', at)).status).toBe(401);
    expect((await page.ask('POST', '/v1/sessions', { share: link.split('/').at(-1) })).status).toBe(401);
    const { token } = (await user.ask('POST', '/v1/tokens', { project: projectId })).body as { readonly token: string };
    for (const bad of [token, `${link.split('/').at(-1)}x`, 'x', '%00', 'x'.repeat(900)]) {
      expect([bad, (await page.ask('GET', `/v1/media/${bad}`)).status]).toEqual([bad, 404]);
    }
    expect((await user.ask('POST', `${media}/links`, { seconds: 3_601 })).status).toBe(422);
    expect((await user.ask('POST', `${path}/media/${'a'.repeat(64)}/links`, {})).status).toBe(404);
    expect((await user.ask('DELETE', `${path}/tokens/${linkId}`)).status).toBe(204);
    expect((await page.ask('GET', link)).status).toBe(404);

    const other = new HttpUser(gateway.url, (await ownKey(app)).secret);
    const { projectId: theirs } = (await other.ask('POST', '/v1/projects', { topic: 'x' })).body;
    expect((await other.ask('GET', media.replace(projectId, theirs as string))).status).toBe(404);
    const unknown = await other.ask('GET', `/v1/projects/${randomUUID()}`);
    for (const foreign of [path, media, `${path}/events`, `${path}/film`]) {
      const answer = await other.ask('GET', foreign);
      expect([answer.status, answer.body.detail]).toEqual([
        404,
        String(unknown.body.detail).replace(/\S+\.$/, `${projectId}.`),
      ]);
    }
    expect((await user.ask('GET', review)).body).toEqual({ items: [] });
    expect((await other.ask('GET', '/v1/projects')).body.projects).toMatchObject([{ projectId: theirs }]);
    const [listed] = (await user.ask('GET', '/v1/projects')).body.projects;
    expect(listed).toMatchObject({
      projectId,
      owner,
      summary: { stages: Array(6).fill({ status: 'completed' }), parked: [] },
    });
    expect((await user.ask('GET', `${path}/media/${listed.summary.poster.sha256}`)).status).toBe(200);

    // What cannot be read now is no medium that a browser keeps for ever.
    await rm(MEDIA_DIR, { recursive: true });
    const away = await user.ask('GET', media, undefined, { range });
    expect(away).toMatchObject({ status: 503, body: { code: 'Media.Unavailable' } });
    expect(away.headers.get('cache-control')).toBe('no-store');
    for (const name of ['etag', 'content-range', 'accept-ranges']) expect(away.headers.has(name)).toBe(false);
  });

  test('what waits for a person is listed in pages, the oldest first, and of one’s own projects only', async () => {
    const mine = await ownKey(app);
    const caller = new HttpUser(gateway.url, mine.secret);
    const projects = await Promise.all(
      [mine.owner, mine.owner, 'another'].map((of) => app.client.create({ topic: 'a fox', owner: of })),
    );
    await database.dataSource.query(
      `WITH live AS (UPDATE projects SET status = 'needs_attention', batch_id = $2 WHERE id = ANY ($1::uuid[]))
       INSERT INTO lanes (project_id, lane, stage, sequence_number, status, finished_at)
       SELECT id, 'extras.still_image/' || n, 'extras.still_image', n, 'needs_attention', '2026-01-01'::timestamptz - n * interval '1 day'
       FROM unnest($1::uuid[]) AS id, generate_series(1, 2) AS n`,
      [projects, 'by-hand'],
    );
    await database.dataSource.query(
      `INSERT INTO project_stages (project_id, stage, status, finished_at) VALUES ($1, 'extras.title', 'awaiting_approval', '2025-12-29')`,
      [projects[0]],
    );
    const seen: { since: string; kind: string; batchId: string }[] = [];
    for (let path: string | undefined = '/v1/review?limit=1'; path;) {
      const page = await caller.ask('GET', path);
      seen.push(...(page.body.items as typeof seen));
      path = /^<([^>]+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(seen.map(({ since, kind }) => [since.slice(0, 10), kind])).toEqual([
      ['2025-12-29', 'gate'],
      ['2025-12-30', 'lane'],
      ['2025-12-30', 'lane'],
      ['2025-12-31', 'lane'],
      ['2025-12-31', 'lane'],
    ]);
    expect(new Set(seen.map((each) => JSON.stringify(each))).size).toBe(5);
    expect(await caller.ask('GET', '/v1/review?after=x')).toMatchObject({ status: 422 });
    await database.dataSource.query(`UPDATE projects SET status = 'failed' WHERE id = ANY ($1::uuid[])`, [projects]);
    expect((await caller.ask('GET', '/v1/review')).body).toEqual({ items: [] });
  });

  test('providers are shown without their keys, and to an owner without their hosts', async () => {
    const secret = 'sk-of-a-provider-0123456789';
    process.env['SHOWN_API_KEY'] = secret;
    await database.dataSource.query(
      `INSERT INTO model_providers (name, kind, base_url, model, api_key_from, prices, enabled, settings) VALUES
       ('shown', 'video', 'https://films.example:8443/v1', 'm1', 'SHOWN_API_KEY', '{"perSecond": 0.1}', false, '{"seconds": [5, 10]}'),
       ('bare', 'video', 'https://films.example/v1', 'm2', 'ABSENT_API_KEY', NULL, false, '{}')`,
    );
    const operator = await app.client.keys.create({ name: 'operator' });
    const all = await new HttpUser(gateway.url, operator.secret).ask('GET', '/v1/providers');
    expect(all.text).not.toContain(secret);
    const kinds = (all.body.providers as { readonly kind: string }[]).map(({ kind }) => kind);
    expect(kinds).toEqual(['text', 'image', ...['video', 'video', 'video']]);
    const shown = { name: 'shown', model: 'm1', prices: { perSecond: 0.1 }, chosen: false };
    const withSeconds = expect.objectContaining({ seconds: [5, 10] });
    expect(all.body.providers).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ...shown, host: 'films.example:8443', key: 'set', can: withSeconds }),
        expect.objectContaining({ name: 'bare', host: 'films.example', key: 'missing', prices: null }),
        expect.objectContaining({ kind: 'video', name: 'environment', chosen: true, key: 'none' }),
      ]),
    );
    await database.dataSource.query(`UPDATE model_providers SET enabled = true WHERE name = 'shown'`);
    const estimated = await user.ask('POST', '/v1/estimates', {
      settings: { scenes: 2 },
      stages: ['video_generation'],
    });
    expect(estimated.body).toMatchObject({
      scenes: 2,
      cost: { least: 1, most: 2 },
      stages: [{ provider: 'shown', calls: 2 }],
    });
    expect((await user.ask('POST', '/v1/estimates', {})).body).toMatchObject({ scenes: 5, cost: null });
    expect(await user.ask('POST', '/v1/estimates', { stages: ['cut'] })).toMatchObject({ status: 422 });
    await database.dataSource.query(`UPDATE model_providers SET enabled = false`);
    const own = (await user.ask('GET', '/v1/providers')).body.providers;
    expect(own).toContainEqual({ ...shown, kind: 'video', enabled: false, can: withSeconds });
    expect(JSON.stringify(own)).not.toContain('films.example');
    await database.dataSource.query(`DELETE FROM model_providers`);
    await app.client.keys.revoke(operator.id);
  });

  test('of two edits at once one is refused, with the version that is there now', async () => {
    const { projectId } = (await user.ask('POST', '/v1/projects', { topic: 'a fox' })).body as { projectId: ProjectId };
    const path = `/v1/projects/${projectId}`;
    const tag = (await user.ask('GET', path)).headers.get('etag') ?? '';
    expect(await user.ask('PATCH', path, { topic: 'a hare' })).toMatchObject({ status: 428 });
    const both = await Promise.all(
      ['a hare', 'a hound'].map((topic) => user.ask('PATCH', path, { topic }, { 'if-match': tag })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    const refused = both.find(({ status }) => status === 412);
    expect(refused?.body).toMatchObject({ code: 'Project.Conflict', version: 2 });
    const decided = { gate: 'storyboard', version: 1 };
    const conflict = { status: 412, body: { code: 'Project.Conflict' } };
    expect(await user.ask('POST', `${path}/approve`, decided)).toMatchObject(conflict);
    expect(await user.ask('POST', `${path}/reject`, { ...decided, reason: 'too dark' })).toMatchObject(conflict);
    const now = await user.ask('GET', path, undefined, { 'if-none-match': tag });
    expect(now.status).toBe(200);
    const again = await user.ask('GET', path, undefined, { 'if-none-match': now.headers.get('etag') ?? '' });
    expect(again.status).toBe(304);
  });

  test('one who waits is answered as soon as something has changed', async () => {
    const { projectId } = (await user.ask('POST', '/v1/projects', { topic: 'a fox' })).body as { projectId: ProjectId };
    const path = `/v1/projects/${projectId}`;
    const tag = (await user.ask('GET', path)).headers.get('etag') ?? '';
    const waiting = user.ask('GET', path, undefined, { 'if-none-match': tag, prefer: 'wait=60' });
    await user.ask('PATCH', path, { topic: 'a hare' }, { 'if-match': '*' });
    const answer = await waiting;
    expect(answer).toMatchObject({ status: 200, body: { topic: 'a hare' } });
    expect(answer.headers.get('preference-applied')).toBe('wait=60');
    const short = await user.ask('GET', path, undefined, {
      'if-none-match': answer.headers.get('etag') ?? '',
      prefer: 'wait=1',
    });
    expect(short.status).toBe(304);
  });

  test.each([
    ['JSON that is none', '{"topic":', 400, 'Request.Invalid'],
    ['a field that does not exist', { topic: 'x', tpoic: 'y' }, 400, 'Request.Invalid'],
    ['no topic', {}, 422, 'Project.Invalid'],
    ['a number for a topic', { topic: 7 }, 422, 'Project.Invalid'],
    ['another owner', { topic: 'x', owner: 'somebody' }, 422, 'Project.Invalid'],
    ['no such stage', { topic: 'x', start: { stages: ['cut'] } }, 422, 'Stage.Unknown'],
    ['2 MB', { topic: 'x'.repeat(2_000_000) }, 413, 'Request.TooLarge'],
  ])('%s is one clear problem', async (_, body, status, code) => {
    const answer = await user.ask('POST', '/v1/projects', body);
    expect(answer).toMatchObject({ status, body: { status, code, type: `/v1/errors#${code}` } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.text.length).toBeLessThan(2_000);
  });

  test('a text that is sent as a form or as plain text is refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const answer = await user.ask('POST', '/v1/projects', '{"topic":"x"}', { 'content-type': type });
      expect(answer).toMatchObject({ status: 415, body: { code: 'Request.Invalid' } });
    }
  });

  test('a cursor that is none is a problem, and one of another log gives a snapshot', async () => {
    const { projectId } = (await user.ask('POST', '/v1/projects', { topic: 'a fox' })).body as { projectId: ProjectId };
    const bad = await user.ask('GET', `/v1/projects/${projectId}/events?cursor=tomorrow`);
    expect(bad).toMatchObject({ status: 400, body: { code: 'Request.Invalid' } });
    const reader = new SseReader(user, projectId, '?cursor=9999999999999-0');
    expect(await reader.read(({ event }) => event.type === 'caught_up')).toBe('left');
    expect(reader.seen[0]?.event).toMatchObject({ type: 'snapshot', status: 'draft' });
    expect(reader.headers.get('storyreel-resumed-from')).toBe('snapshot');
  });

  test('every operation asks for a key, for its scope, and knows nothing of what is another owner’s', async () => {
    const document = (await user.ask('GET', '/v1/openapi.json')).body;
    const open = ['/v1', '/v1/openapi.json', '/v1/errors', '/llms.txt', '/healthz', '/readyz', '/v1/media/{link}'];
    const sessions = ['get /v1/sessions', 'delete /v1/sessions', 'post /v1/sessions', 'delete /v1/sessions/{session}'];
    const anyScope = ['get /v1/sessions/current', ...sessions];
    const foreign = await app.client.create({ topic: 'x', owner: 'somebody' });
    // Batches that are there: what does not exist would be 404 for everybody.
    const theirs = `theirs-${foreign.slice(0, 8)}`;
    await database.dataSource.query('UPDATE projects SET batch_id = $2, batch_position = 1 WHERE id = $1', [
      foreign,
      theirs,
    ]);
    expect((await app.client.batchStatus(theirs)).projects).toHaveLength(1);
    const none = new HttpUser(gateway.url);
    const without = new Map<string | undefined, HttpUser>();
    for (const scope of SCOPES) {
      const scopes = SCOPES.filter((each) => each !== scope);
      const { secret } = await app.client.keys.create({ name: `all but ${scope}`, owner: 'somebody', scopes });
      without.set(scope, new HttpUser(gateway.url, secret));
    }
    let walked = 0;
    for (const [template, operations] of Object.entries((document as Document).paths)) {
      if (open.includes(template)) continue;
      const path = template
        .replace('{id}', foreign)
        .replace('{batchId}', theirs)
        .replace('{sha256}', 'a'.repeat(64))
        .replace('{token}', 'none');
      for (const [method, operation] of Object.entries(operations)) {
        const at = `${method} ${template}`;
        const scope = /`(\w+)`/.exec(operation.description ?? '')?.[1];
        const body =
          at === 'post /v1/tokens'
            ? { project: foreign }
            : operation.requestBody && (BODIES[template.split('/').at(-1) ?? ''] ?? {});
        const ask = (who: HttpUser) => who.ask(method.toUpperCase(), path, body, { 'if-match': '*' });
        expect([at, (await ask(none)).status]).toEqual([at, 401]);
        const crossSite = await none.ask(method.toUpperCase(), path, body, { 'sec-fetch-site': 'cross-site' });
        expect([at, crossSite.status]).toEqual([at, 403]);
        if (!anyScope.includes(at)) {
          const unscoped = await ask(without.get(scope) ?? none);
          expect([at, unscoped.status, unscoped.body?.scope]).toEqual([at, 403, scope]);
        }
        if (/\{(id|batchId)\}|tokens/.test(template)) expect([at, (await ask(user)).status]).toEqual([at, 404]);
        walked += 1;
      }
    }
    expect(walked).toBeGreaterThan(20);
    expect(JSON.stringify(document)).not.toContain('"$ref":"#/components/schemas/undefined');
  });

  test('a stream ends within a moment of its key', async () => {
    const key = await ownKey(app);
    const visitor = new HttpUser(gateway.url, key.secret);
    const { projectId } = (await visitor.ask('POST', '/v1/projects', { topic: 'a fox' })).body as {
      projectId: ProjectId;
    };
    const reader = new SseReader(visitor, projectId);
    const reading = reader.read();
    await until('the snapshot', () => reader.seen.length > 1);
    expect(await app.client.keys.revoke(key.id)).toBe(true);
    expect(await reading).toBe('ended');
    expect(reader.seen.at(-1)?.event).toEqual({ type: 'end', reason: 'revoked' });
    expect((await visitor.ask('GET', '/v1/projects')).status).toBe(401);
  });

  test('a batch of an owner has a name of at most 87 characters; a longer one is refused by its field, or is not there', async () => {
    const caller = new HttpUser(gateway.url, (await ownKey(app)).secret);
    const body = { projects: [{ topic: 'a fox' }], stages: ['rewrite'] };
    for (const [length, status] of [
      [87, 202],
      [88, 422],
      [100, 422],
    ] as const) {
      const batchId = 'b'.repeat(length);
      const made = await caller.ask('POST', '/v1/batches', { ...body, batchId });
      expect([length, made.status, made.body.batchId]).toEqual([length, status, status === 202 ? batchId : undefined]);
      if (status === 422) {
        expect(made.body.errors).toEqual([
          { pointer: '/batchId', detail: 'must have at most 87 characters', rule: 'too_many_characters', most: 87 },
        ]);
      }
      const seen = await caller.ask('GET', `/v1/batches/${batchId}`);
      expect([length, seen.status]).toEqual([length, status === 202 ? 200 : 404]);
      await caller.ask('POST', `/v1/batches/${batchId}/cancel`, {});
    }
  });

  test('a batch is the owner’s own, whatever others call theirs', async () => {
    const other = new HttpUser(gateway.url, (await ownKey(app)).secret);
    const batch = { batchId: 'spring', projects: [{ topic: 'a fox' }], stages: ['rewrite'] };
    const mine = (await user.ask('POST', '/v1/batches', batch)).body;
    const theirs = (await other.ask('POST', '/v1/batches', batch)).body;
    expect([mine.batchId, theirs.batchId]).toEqual(['spring', 'spring']);
    expect(mine.projectIds).not.toEqual(theirs.projectIds);
    const view = (await user.ask('GET', '/v1/batches/spring')).body;
    expect(view.projects).toMatchObject([{ projectId: mine.projectIds[0] }]);
    const listed = (await user.ask('GET', '/v1/batches')).body.batches;
    expect(listed).toMatchObject([{ batchId: 'spring', owners: [owner], projects: 1 }]);
    const all = await app.client.overview.batches();
    expect(all.batches.filter(({ batchId }) => batchId.endsWith('.spring'))).toHaveLength(2);
    const names: string[] = [];
    for (let after: string | undefined, at = 0; at === 0 || after !== undefined; at += 1) {
      const page = await app.client.overview.batches({ limit: 1, ...(after !== undefined && { after }) });
      names.push(...page.batches.map(({ batchId }) => batchId));
      after = page.next;
    }
    expect(names).toEqual(all.batches.map(({ batchId }) => batchId));
    await watchToEnd(app.client, mine.projectIds[0] as ProjectId);
    await watchToEnd(app.client, theirs.projectIds[0] as ProjectId);
  });

  test('viewers who leave and come back, also at another gateway, get each byte of the stored text once', async () => {
    const { topic, mark } = ownTopic();
    const other = await startGateway(env);
    const text = longText(mark, 120);
    await studio.misbehave(mark, 'chat', { text, tokensPerSecond: 400 });
    const body = { topic, settings: { scenes: 1 }, start: { stages: ['rewrite'] } };
    const { projectId } = (await user.ask('POST', '/v1/projects', body)).body as { projectId: ProjectId };
    const readers = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const reader = new SseReader(user, projectId);
        const elsewhere = new HttpUser(other.url, user.key);
        // Each leaves after so many messages, again and again.
        for (let [visit, left, how] = [1, 0, 'left']; how === 'left'; [visit, left] = [visit + 1, 0]) {
          how = await reader.read(() => (left += 1) > 3 + i * 7 && i > 0, visit % 2 === 0 ? elsewhere : user);
        }
        return reader;
      }),
    );
    await other.stop();
    const [first] = readers;
    for (const { seen } of readers) {
      expect(textOver(seen, 'rewrite').toString('utf8')).toBe(text);
      expect(repeated(seen)).toEqual([]);
      const done = seen.findLast(({ event }) => event.type === 'done')?.event;
      expect(done ? done.metadata.sha256 : sha256(text)).toBe(sha256(text));
    }
    expect(first?.seen.map(({ event }) => event.type)).toEqual(expect.arrayContaining(['token', 'done']));
  });
});

/** The tokens that begin before the end of what the viewer has. */
function repeated(messages: readonly SseMessage[]): object[] {
  let bytes = 0;
  return messages.flatMap(({ event }) => {
    if (event.type === 'snapshot') bytes = Buffer.byteLength(String(event.lanes.rewrite?.text ?? ''));
    if (event.type !== 'token') return [];
    const isRepeated = event.offset < bytes;
    bytes = Number(event.offset) + Buffer.byteLength(String(event.content));
    return isRepeated ? [event] : [];
  });
}

test('where others can reach it, it does not start without a key', async () => {
  const empty = await createOwnDatabase();
  const starting = GatewayProcess.start({ ...env, DATABASE_URL: empty.url }, '0.0.0.0:0');
  await expect(starting).rejects.toThrow(/ended \(2\).*there is no API key. Make one first: storyreel keys create/);
  await empty.drop();
});

interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly description?: string; readonly requestBody?: object }>>>
  >;
}
