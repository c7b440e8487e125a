import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDataSource, ModelUsage } from '../../src/entities';
import { laneId, type EventError, type LaneId, type ProjectId } from '../../src/protocol';
import { createOwnDatabase } from '../support/own-database';
import { fromSetup, startApp, type TestApp } from '../support/services';
import { ownTopic, watchToEnd } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';

const REWRITE = laneId('rewrite');
const IMAGE = laneId('image_generation', 1);
/** Attempts are given up after so many failures; an outage of more tries than these must not count as them. */
const MAX_ATTEMPTS = 6;

/** Nothing is parked, nothing is paid twice, and the lane continues by itself. */
describe('An outage', () => {
  const studio = new StudioControl();
  const MEDIA_DIR = join(fromSetup('STORYREEL_TEST_FOLDER'), 'media-of-outages');
  let database: Awaited<ReturnType<typeof createOwnDatabase>>;
  const admin = createDataSource({ url: fromSetup('STORYREEL_TEST_POSTGRES_URL'), poolSize: 1 });
  let postgres: TcpProxy;
  let provider: TcpProxy;
  let app: TestApp;

  beforeAll(async () => {
    database = await createOwnDatabase();
    await admin.initialize();
    const url = new URL(database.url);
    postgres = await TcpProxy.start(Number(url.port));
    url.port = String(postgres.port);
    const studioUrl = new URL(fromSetup('STORYREEL_TEST_STUDIO_URL'));
    provider = await TcpProxy.start(Number(studioUrl.port));
    studioUrl.port = String(provider.port);
    app = await startApp({
      MEDIA_DIR,
      DATABASE_URL: url.href,
      OUTAGE_RETRY_MS: '50',
      OPENAI_BASE_URL: studioUrl.href,
    });
    // Before any lane needs it: where a folder should be, there is a file.
    await rm(MEDIA_DIR, { recursive: true });
    await writeFile(MEDIA_DIR, '');
  });
  afterAll(async () => {
    await app.close();
    await postgres.close();
    await provider.close();
    await admin.destroy();
    await database.drop();
    await rm(MEDIA_DIR, { recursive: true, force: true });
  });

  async function waitsFor(projectId: ProjectId, lane: LaneId): Promise<EventError | undefined> {
    return (await app.client.status(projectId)).lanes.find((each) => each.lane === lane)?.waitsFor;
  }

  async function attemptOf(projectId: ProjectId, lane: LaneId): Promise<number | undefined> {
    return (await app.client.status(projectId)).lanes.find((each) => each.lane === lane)?.attempt;
  }

  const paidCalls = (projectId: ProjectId, lane: LaneId) =>
    database.dataSource.manager.findBy(ModelUsage, { projectId, lane });
  const chats = async (mark: string) => (await studio.requests(mark)).filter(({ kind }) => kind === 'chat');

  test('of the media store is seen before an image is paid, and waited for', async () => {
    const { topic } = ownTopic();
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId, { stages: ['rewrite', 'storyboard', 'image_generation'] });
    const all = watchToEnd(app.client, projectId);
    const why = await until('the image waits', () => waitsFor(projectId, IMAGE));
    expect(why).toMatchObject({ type: 'Media.Unavailable', message: expect.stringContaining('MEDIA_DIR') });
    expect(await paidCalls(projectId, IMAGE)).toEqual([]);
    await rm(MEDIA_DIR);
    await mkdir(MEDIA_DIR);
    expect((await all).at(-1)?.type).toBe('pipeline_done');
    expect(await paidCalls(projectId, IMAGE)).toMatchObject([{ outcome: 'useful', units: 1 }]);
    expect(await attemptOf(projectId, IMAGE)).toBe(1);
    expect(await waitsFor(projectId, IMAGE)).toBeUndefined();
  });

  test('of the provider, before a request was sent, is waited for within one attempt', async () => {
    const { topic, mark } = ownTopic();
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await provider.refuse();
    await app.client.start(projectId, { stages: ['rewrite'] });
    const all = watchToEnd(app.client, projectId);
    const why = await until('the text waits', () => waitsFor(projectId, REWRITE));
    expect(why).toMatchObject({ type: 'Provider.Unavailable' });
    await new Promise((resolve) => setTimeout(resolve, 50 * MAX_ATTEMPTS * 3));
    await provider.accept();
    expect((await all).at(-1)?.type).toBe('pipeline_done');
    expect(await chats(mark)).toHaveLength(1);
    expect(await paidCalls(projectId, REWRITE)).toMatchObject([{ outcome: 'useful' }]);
    expect(await attemptOf(projectId, REWRITE)).toBe(1);
  });

  test.each([
    [
      'that is gone',
      async () => {
        await postgres.refuse();
        return () => postgres.accept();
      },
    ],
    [
      'that takes no write',
      async () => {
        const name = new URL(database.url).pathname.slice(1);
        const set = async (to: string) => {
          await admin.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${to}`);
          await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
        };
        await set('on');
        return () => set('off');
      },
    ],
  ])('of a Postgres %s, in mid-text, costs nothing: the text is kept until it can be stored', async (_, strike) => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { tokensPerSecond: 60 });
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    await app.client.start(projectId, { stages: ['rewrite'] });
    await until('the text streams', async () => (await chats(mark)).length === 1);
    const heal = await strike();
    await until('the provider has sent all', async () => typeof (await chats(mark))[0]?.endedAt === 'number');
    await new Promise((resolve) => setTimeout(resolve, 50 * MAX_ATTEMPTS * 3));
    await heal();
    await until('the text is settled', async () =>
      app.client.status(projectId).then(
        ({ status }) => status === 'completed',
        () => false,
      ),
    );
    expect(await chats(mark)).toHaveLength(1);
    expect(await attemptOf(projectId, REWRITE)).toBe(1);
    expect(await paidCalls(projectId, REWRITE)).toMatchObject([{ outcome: 'useful' }]);
  });
});
