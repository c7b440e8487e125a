import { Redis } from 'ioredis';
import { Lane } from '../../src/entities';
import { laneId, type LaneId, type ProjectId, type StoryEvent } from '../../src/protocol';
import { keys } from '../../src/stream/keys';
import { RedisServers } from '../support/redis-servers';
import { startApp, type TestApp } from '../support/services';
import { ownTopic, watchUntil } from '../support/stories';
import { StudioControl } from '../support/studio-control';
import { until } from '../support/until';
import { rowsOf } from '../support/app-rows';

const REWRITE = laneId('rewrite');
const REFUSED = { status: 400 };

/** Viewers hear of it whatever Redis does at that moment. */
describe('The end of a lane', () => {
  const studio = new StudioControl();
  let servers: RedisServers;
  let redis: Redis;
  let app: TestApp;

  beforeAll(async () => {
    servers = RedisServers.open();
    const { url } = await servers.start();
    redis = new Redis(url);
    app = await startApp({ REDIS_URL: url });
  });
  afterAll(async () => {
    await app.close();
    redis.disconnect();
    await servers.close();
  });

  async function statusOf(projectId: ProjectId, lane: LaneId): Promise<string | undefined> {
    return (await app.client.status(projectId)).lanes.find((each) => each.lane === lane)?.status;
  }

  const refuse = () => redis.config('SET', 'maxmemory', '1');
  const accept = () => redis.config('SET', 'maxmemory', '0');
  afterEach(accept);

  /** A run whose viewer is there from the beginning. Gives what the viewer waits for. */
  async function begin(topic: string, options: object, enough: (event: StoryEvent) => boolean) {
    const projectId = await app.client.create({ topic, settings: { scenes: 1 } });
    const seen = watchUntil(app.client, projectId, enough);
    await app.client.start(projectId, { stages: ['rewrite'], ...options });
    return { projectId, seen };
  }

  test('that is parked while Redis refuses all writes is announced when it takes them again', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', REFUSED, 2);
    await refuse();
    const { projectId, seen } = await begin(topic, {}, ({ type }) => type === 'attention');
    await until('the lane is parked', async () => (await statusOf(projectId, REWRITE)) === 'needs_attention');
    await accept();
    expect((await seen).filter(({ type }) => type === 'attention')).toHaveLength(1);
    await app.client.cancel(projectId);
  });

  test('is no obstacle to a retry while Redis refuses to hear of it', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', REFUSED);
    await refuse();
    const { projectId, seen } = await begin(topic, {}, ({ type }) => type === 'pipeline_done');
    await until('the lane is parked', async () => (await statusOf(projectId, REWRITE)) === 'needs_attention');
    await until('the lane can be retried', () =>
      app.client.retry(projectId, REWRITE).then(
        () => true,
        () => false,
      ),
    );
    await until('the lane is settled', async () => (await statusOf(projectId, REWRITE)) === 'completed');
    await accept();
    const types = (await seen).map(({ type }) => type);
    expect(types).not.toContain('attention');
    expect(types.filter((type) => type === 'done')).toHaveLength(1);
  });

  test('that is skipped, or a gate that waits, is announced when Redis takes it again', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', REFUSED);
    const { projectId, seen } = await begin(topic, { gates: ['rewrite'] }, ({ type }) => type === 'awaiting');
    await until('the lane is parked', async () => (await statusOf(projectId, REWRITE)) === 'needs_attention');
    await refuse();
    await app.client.skip(projectId, REWRITE);
    await until('the gate waits', async () => (await app.client.status(projectId)).status === 'awaiting_approval');
    await accept();
    const events = await seen;
    expect(
      events.some((event) => event.type === 'stage_update' && event.lane === REWRITE && event.status === 'skipped'),
    ).toBe(true);
    await app.client.cancel(projectId);
  });

  test('is announced under a fence that the log knows and nobody owns, and Postgres owns it from then on', async () => {
    const { topic, mark } = ownTopic();
    await studio.misbehave(mark, 'chat', { ...REFUSED, hold: 0 });
    const { projectId, seen } = await begin(topic, {}, ({ type }) => type === 'attention');
    await until('the attempt is known', () => redis.hget(keys.lanes(projectId), `newest:${REWRITE}`).then(Boolean));
    const fence = 9_000_000_000_000_000;
    await redis.hset(keys.lanes(projectId), `newest:${REWRITE}`, fence);
    await studio.release(mark);
    expect((await seen).at(-1)).toMatchObject({ type: 'attention', lane: REWRITE, fence });
    const dataSource = await rowsOf(app);
    const row = await dataSource.manager.findOneByOrFail(Lane, { projectId, lane: REWRITE });
    expect(row).toMatchObject({ status: 'needs_attention', fence });
    await app.client.cancel(projectId);
  });
});
