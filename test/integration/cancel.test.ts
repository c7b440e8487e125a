import { noteAttempt, settleLane } from '../../src/activities/lanes/lane-store';
import { StoryClient } from '../../src/client';
import { readConfig } from '../../src/config';
import { Lane, ModelUsage } from '../../src/entities';
import type { LaneId, ProjectId, StoryEvent } from '../../src/protocol';
import { openRedis } from '../../src/stream';
import { createWorker } from '../../src/worker';
import { startAppWithoutRedis } from '../support/redis-away';
import { fromSetup, startApp, testEnv, type TestApp } from '../support/services';
import { loggerThatCounts } from '../support/sdk-warnings';
import { ownTopic, textSeen, typesOf, watchText, watchToEnd, withTemporal, workflowOf } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { TokenServer } from '../support/token-server';
import { until } from '../support/until';
import { rowsOf } from '../support/app-rows';

const REWRITE = 'rewrite' as LaneId;
/** The second beat of a lane and, with room, the return of its answer; the third beat is 5 s later. */
const BETWEEN_BEATS_MS = 1_500;
/** Sooner than any beat would bring it, and forty times what is usual. */
const AT_ONCE_MS = 4_000;
/** Ten times what is usual if only a heartbeat can bring it. */
const BY_HEARTBEAT_MS = 12_000;

async function temporalStatus({ config }: Pick<TestApp, 'config'>, projectId: ProjectId): Promise<string> {
  return withTemporal(config, async (client) => (await workflowOf(client, projectId).describe()).status.name);
}

/** Temporal, Postgres and the log say the same. */
async function expectEnd(app: TestApp, projectId: ProjectId, end: 'cancelled' | 'completed'): Promise<void> {
  await until('the workflow is over', async () => (await temporalStatus(app, projectId)) !== 'RUNNING');
  expect(await temporalStatus(app, projectId)).toBe(end.toUpperCase());
  expect((await app.client.status(projectId)).status).toBe(end);
  const redis = openRedis(app.config);
  await redis.log.ready(5_000);
  const { cursor } = await redis.log.snapshot(projectId);
  await redis.close();
  const [late] = await watchToEnd(app.client, projectId);
  expect(late).toMatchObject({ type: 'snapshot', status: end, cursor });
}

function ends(events: readonly StoryEvent[]): string[] {
  return typesOf(events).filter((type) => type.startsWith('pipeline_'));
}

describe('A cancel', () => {
  let provider: TokenServer;
  let app: TestApp;
  beforeAll(async () => {
    provider = await TokenServer.start();
    app = await startApp({ OPENAI_BASE_URL: provider.url });
  });
  afterAll(async () => {
    await app.close();
    await provider.close();
  });

  test("closes the provider's socket at once, keeps the text as far as it came, and nothing is written after it", async () => {
    const projectId = await app.client.create({ topic: 'a text without an end' });
    await app.client.start(projectId);
    const watching = watchToEnd(app.client, projectId);
    await watchText(app.client, projectId);
    const stream = provider.streams.at(-1)!;
    await until('the lane has beaten twice', () => stream.written.length > (BETWEEN_BEATS_MS / 20) * 7);

    const redis = openRedis(app.config);
    await redis.log.ready(5_000);
    await redis.control.stop({ projectId, runId: 'an older run' });
    const before = stream.written.length;
    await until('it continues', () => stream.written.length > before + 100);
    expect(stream.closedAt).toBeUndefined();

    const asked = Date.now();
    expect(await app.client.cancel(projectId)).toEqual({ kind: 'requested' });
    const closedAt = await until('the socket is closed', () => stream.closedAt);
    expect(closedAt - asked).toBeLessThan(AT_ONCE_MS);

    const events = await watching;
    expect(ends(events)).toEqual(['pipeline_error']);
    expect(events.at(-1)).toMatchObject({ metadata: { status: 'cancelled' } });
    const text = textSeen(events, REWRITE);
    expect(text.length).toBeGreaterThan(100);
    expect(stream.written.startsWith(text)).toBe(true);
    // Told of under a fence of its own, which keeps the attempt out from then on.
    const told = events.findLast((event) => event.type === 'stage_update' && event.lane === REWRITE);
    expect(told).toMatchObject({ status: 'cancelled' });
    const fence = (told as { fence?: number }).fence ?? 0;
    const writer = { projectId, lane: REWRITE, fence: fence - 1, attempt: 1 };
    expect(await redis.log.append({ writer, offset: text.length, text: 'late' })).toMatchObject({ kind: 'stale' });
    await redis.close();

    await expectEnd(app, projectId, 'cancelled');
    const [late] = await watchToEnd(app.client, projectId);
    if (late?.type !== 'snapshot') throw new Error('no snapshot');
    expect(late.lanes[REWRITE]).toMatchObject({ status: 'cancelled', text, attempt: 1 });
    expect(late.lanes[REWRITE]).not.toHaveProperty('sha256');
    expect(provider.streams.filter(({ closedAt }) => closedAt === undefined)).toEqual([]);

    const dataSource = await rowsOf(app);
    const usage = await dataSource.getRepository(ModelUsage).findBy({ projectId });
    // No newer attempt has claimed the lane; the run's end keeps this one out.
    const row = await dataSource.getRepository(Lane).findOneByOrFail({ projectId, lane: REWRITE });
    const claim = { projectId, lane: REWRITE, fence: row.fence, attempt: 1 };
    const settled = { inputHash: 'late', inputs: {}, resultHash: 'late', madeBy: row.fence };
    const save = () => Promise.resolve({});
    await expect(settleLane(dataSource, claim, settled, save)).rejects.toMatchObject({ type: 'Lane.Stale' });
    await expect(noteAttempt(dataSource, claim, 'late')).rejects.toMatchObject({ type: 'Lane.Stale' });
    expect(await dataSource.getRepository(Lane).findOneBy({ projectId, lane: REWRITE })).toEqual(row);
    expect(usage).toHaveLength(1);
    expect(usage[0]?.wastedTokens).toBe((usage[0]?.inputTokens ?? 0) + (usage[0]?.outputTokens ?? 0));
    expect(await app.client.cancel(projectId)).toEqual({ kind: 'not_running', status: 'cancelled' });
  });

  test('before the start has nothing to end', async () => {
    const projectId = await app.client.create({ topic: 'not begun' });
    expect(await app.client.cancel(projectId)).toEqual({ kind: 'not_running', status: 'draft' });
  });
});

test.concurrent(
  'A run that is cancelled before a worker has it, and twice, ends as cancelled when one comes',
  async () => {
    const config = readConfig(testEnv());
    const client = await StoryClient.connect(config);
    const projectId = await client.create({ topic: 'no worker yet' });
    await client.start(projectId);
    expect(await client.cancel(projectId)).toEqual({ kind: 'requested' });
    expect(await client.cancel(projectId)).toEqual({ kind: 'already_requested' });
    const watching = watchToEnd(client, projectId);
    const worker = await createWorker({
      settings: config,
      logger: loggerThatCounts(fromSetup('STORYREEL_TEST_FOLDER')),
    });
    const app = { config, client, worker, close: () => Promise.resolve() };
    const events = await watching;
    expect(ends(events)).toEqual(['pipeline_error']);
    await expectEnd(app, projectId, 'cancelled');
    await client.close();
    await worker.stop();
  },
);

test.concurrent('Without Redis a cancel comes with the next heartbeat, within about a second', async () => {
  const provider = await TokenServer.start();
  const app = await startAppWithoutRedis({ OPENAI_BASE_URL: provider.url });
  try {
    const projectId = await app.client.create({ topic: 'a text that nobody sees' });
    await app.client.start(projectId);
    const stream = await until('it streams', () => provider.streams[0]);
    await until('the lane has beaten twice', () => stream.written.length > (BETWEEN_BEATS_MS / 20) * 7);
    const asked = Date.now();
    expect(await app.client.cancel(projectId)).toEqual({ kind: 'requested' });
    expect((await until('the socket is closed', () => stream.closedAt)) - asked).toBeLessThan(BY_HEARTBEAT_MS);
    await until('its rows state it', async () => (await app.client.status(projectId)).status === 'cancelled');
  } finally {
    await app.close();
    await provider.close();
  }
});

describe('A cancel while a result is being stored', () => {
  const studio = new StudioControl();
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.close());

  /** Cancels while the lane's result waits for a row that somebody holds; then lets go of it. */
  async function cancelWhileSettling(projectId: ProjectId, lane: LaneId, mark: string): Promise<void> {
    const dataSource = await rowsOf(app);
    await until('the lane runs', async () => {
      const { lanes } = await app.client.status(projectId);
      return lanes.some((each) => each.lane === lane && each.status === 'processing');
    });
    await dataSource.transaction(async (manager) => {
      await manager.query('SELECT 1 FROM project_stages WHERE project_id = $1 AND stage = $2 FOR UPDATE', [
        ...[projectId, lane],
      ]);
      await studio.release(mark);
      const [holder] = await manager.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
      await until('the result waits for its row', async () => {
        const waiting: unknown[] = await dataSource.query(
          'SELECT 1 FROM pg_stat_activity WHERE $1::int = ANY (pg_blocking_pids(pid))',
          [holder?.pid],
        );
        return waiting.length > 0;
      });
      expect(await app.client.cancel(projectId)).toEqual({ kind: 'requested' });
    });
  }

  test('keeps the result, and the run ends as cancelled', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { hold: 20 });
    const projectId = await app.client.create({ topic });
    await app.client.start(projectId);
    const watching = watchToEnd(app.client, projectId);
    await cancelWhileSettling(projectId, REWRITE, mark);
    const events = await watching;
    expect(ends(events)).toEqual(['pipeline_error']);
    expect(events.find(({ type }) => type === 'done')).toMatchObject({ lane: REWRITE, verified: true });
    await expectEnd(app, projectId, 'cancelled');
    const { lanes } = await app.client.status(projectId);
    expect(lanes.find(({ lane }) => lane === 'rewrite')?.status).toBe('completed');
  });
});
