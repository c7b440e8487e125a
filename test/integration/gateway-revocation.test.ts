import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import type { RunningGateway } from '../../src/gateway';
import type { ProjectId } from '../../src/protocol';
import { FolderStore, type StoredMedia } from '../../src/storage';
import { HttpUser, ownKey, startGateway } from '../support/gateway';
import { createOwnDatabase, storeFilm, type OwnDatabase } from '../support/own-database';
import { fromSetup, testEnv } from '../support/services';
import { until } from '../support/until';

/** Far more than the sockets of both sides hold. */
const FILM_BYTES = 48_000_000;

let database: OwnDatabase;
let client: StoryClient;
let gateway: RunningGateway;
let owner: string;
let operator: HttpUser;
let projectId: ProjectId;
let film: StoredMedia;
let folder: string;

beforeAll(async () => {
  folder = join(fromSetup('STORYREEL_TEST_FOLDER'), 'media-of-revocations');
  database = await createOwnDatabase();
  const env = testEnv({ DATABASE_URL: database.url, MEDIA_DIR: folder });
  client = await StoryClient.connect(readConfig(env));
  gateway = await startGateway(env);
  const made = await ownKey({ client });
  ({ owner } = made);
  operator = new HttpUser(gateway.url, made.secret);
  projectId = await client.create({ topic: 'a fox', owner });
  film = await new FolderStore(folder).put(randomBytes(FILM_BYTES), 'video/mp4');
  await storeFilm(database.dataSource, projectId, film);
});
afterAll(async () => {
  await gateway.stop();
  await client.close();
  await database.drop();
});

interface Way {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly revoke: () => Promise<unknown>;
}

const medium = () => `/v1/projects/${projectId}/media/${film.sha256}`;
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

async function byKey(path: string): Promise<Way> {
  const { id, secret } = await client.keys.create({ name: 'reader', owner });
  return { path, headers: bearer(secret), revoke: () => client.keys.revoke(id) };
}

async function bySession(path: string): Promise<Way> {
  const { id } = await client.keys.create({ name: 'reader', owner });
  const { session, secret } = await client.sessions.create({ keyId: id });
  return { path, headers: { cookie: `storyreel=${secret}` }, revoke: () => client.sessions.revoke(session.id) };
}

async function byToken(path: string): Promise<Way> {
  const { body } = await operator.ask('POST', '/v1/tokens', { project: projectId });
  return { path, headers: bearer(String(body.token)), revoke: () => client.tokens.revoke(projectId, String(body.id)) };
}

async function byLink(): Promise<Way> {
  const { body } = await operator.ask('POST', `${medium()}/links`, {});
  return { path: String(body.url), headers: {}, revoke: () => client.tokens.revokeAll(projectId) };
}

/** Reads piece by piece, as slowly as it is asked to. */
class Download {
  bytes = 0;
  /** Whether it has ended, and before the whole was there. */
  isCut = false;
  private constructor(private readonly pieces: AsyncIterator<Uint8Array>) {}

  static async of({ path, headers }: Pick<Way, 'path' | 'headers'>, range?: string): Promise<Download> {
    const answer = await fetch(gateway.url + path, { headers: { ...headers, ...(range !== undefined && { range }) } });
    expect(answer.status).toBe(range === undefined ? 200 : 206);
    const download = new Download((answer.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]());
    await download.read();
    return download;
  }

  /** Resolves with false if there is nothing more. */
  async read(): Promise<boolean> {
    const piece = await this.pieces.next().catch(() => 'cut' as const);
    if (piece === 'cut') this.isCut = true;
    else this.bytes += piece.value?.length ?? 0;
    return piece !== 'cut' && piece.done !== true;
  }
}

test.each<[string, () => Promise<Way>, string | undefined]>([
  ['a key', () => byKey(medium()), undefined],
  ['a key, of a part', () => byKey(medium()), `bytes=1000-`],
  ['a session', () => bySession(medium()), undefined],
  ['a token', () => byToken(medium()), undefined],
  ['a link to the medium', byLink, undefined],
])('A film under way is cut when its credential is revoked: %s', async (_, make, range) => {
  const way = await make();
  const other = await Download.of(await byKey(medium()));
  const download = await Download.of(way, range);
  await way.revoke();
  // So slow that the whole would take half a minute.
  while (await download.read()) await sleep(30);
  expect(download.isCut).toBe(true);
  expect(download.bytes).toBeLessThan(FILM_BYTES / 2);
  let isMore = true;
  while (isMore) isMore = await other.read();
  expect([other.isCut, other.bytes]).toEqual([false, FILM_BYTES]);
});

test('A request that waits is refused as soon as its key is revoked, and the others wait on', async () => {
  const path = `/v1/projects/${projectId}`;
  const tag = (await operator.ask('GET', path)).headers.get('etag') ?? '';
  const waiting = async ({ headers }: Way) => {
    const answer = await fetch(gateway.url + path, {
      headers: { ...headers, 'if-none-match': tag, prefer: 'wait=60' },
    });
    const { code } = (await answer.json()) as { readonly code?: string };
    return { status: answer.status, code };
  };
  const [kept, revoked] = [await byKey(path), await byKey(path)];
  const longest = waiting(kept).then((answer) => ['kept', answer]);
  const shortest = waiting(revoked).then((answer) => ['revoked', answer]);
  await until('it waits', async () => (await operator.ask('GET', path)).status === 200);
  await revoked.revoke();
  expect(await Promise.race([longest, shortest])).toMatchObject([
    'revoked',
    { status: 401, code: 'Request.Unauthenticated' },
  ]);
  await client.edit(projectId, { topic: 'a hare' });
  expect(await longest).toMatchObject(['kept', { status: 200 }]);
});

describe('A gateway without any key', () => {
  let own: OwnDatabase;
  let alone: StoryClient;
  let keyless: RunningGateway;
  let path: string;
  beforeEach(async () => {
    own = await createOwnDatabase();
    const env = testEnv({ DATABASE_URL: own.url });
    alone = await StoryClient.connect(readConfig(env));
    keyless = await startGateway(env);
    path = `${keyless.url}/v1/projects/${await alone.create({ topic: 'a fox' })}`;
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await keyless.stop();
    await alone.close();
    await own.drop();
  });

  test('ends with the first key what was asked for without one', async () => {
    const tag = (await fetch(path)).headers.get('etag') ?? '';
    const stream = (await fetch(`${path}/events`)).text();
    const waiting = fetch(path, { headers: { 'if-none-match': tag, prefer: 'wait=60' } });
    await alone.keys.create({ name: 'the first' });
    expect(await stream).toContain('{"type":"end","reason":"revoked"}');
    expect((await waiting).status).toBe(401);
  });

  test('asks for a key soon after the first one is made, even if its clock was set back', async () => {
    expect((await fetch(path)).status).toBe(200);
    const hourAgo = Date.now() - 3_600_000;
    jest.spyOn(Date, 'now').mockReturnValue(hourAgo);
    await alone.keys.create({ name: 'the first' });
    await until('a key is asked for', async () => (await fetch(path)).status === 401);
  });
});
