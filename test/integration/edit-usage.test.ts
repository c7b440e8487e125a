import type { LaneRun } from '../../src/activities/lanes/lane-run';
import { PaidCall } from '../../src/activities/usage/paid-call';
import type { ResolvedProvider } from '../../src/activities/usage/provider-choice';
import { ModelUsage, usageTotals } from '../../src/entities';
import { createLogger } from '../../src/logger';
import { laneId, type ProjectId } from '../../src/protocol';
import { openRedis, type RedisEventLog } from '../../src/stream';
import { PRICES, startPricedApp, type PricedApp } from '../support/priced-app';

/** Two scenes that a person has written, each with a clip under way. */
describe('Paid calls of scenes that move', () => {
  let app: PricedApp;
  let log: RedisEventLog;
  const chosen = { name: 'camera', model: 'm', prices: PRICES.video } as unknown as ResolvedProvider<unknown>;
  const clip = { unit: 'second' as const, units: 3 };

  beforeAll(async () => {
    app = await startPricedApp();
    log = openRedis(app.config).log;
    await log.ready(5_000);
  });
  afterAll(async () => {
    await log.close();
    await app.close();
  });

  const run = (projectId: ProjectId, scene: number, fence: number) =>
    ({
      deps: { dataSource: app.dataSource, log, config: app.config, logger: createLogger('silent', 'test') },
      claim: { projectId, lane: laneId('video_generation', scene), fence, attempt: 1 },
      resets: 'edited',
    }) as unknown as LaneRun;
  const book = (projectId: ProjectId, scene: number, fence: number, key: string, underWay = false) =>
    PaidCall.book(run(projectId, scene, fence), { chosen, most: clip, key, underWay });
  const rows = (projectId: ProjectId) =>
    app.dataSource.getRepository(ModelUsage).find({ where: { projectId }, order: { idempotencyKey: 'ASC' } });

  async function twoClips(): Promise<ProjectId> {
    const projectId = await app.client.create({ topic: 'a fox' });
    const scene = (narration: string) => ({ narration, visual_prompt: 'a hill' });
    await app.client.edit(projectId, { add: [scene('One.'), scene('Two.')] });
    // As of scenes that begin in the same moment.
    for (const n of [1, 2]) await book(projectId, n, 1_000, `clip-${n}`);
    return projectId;
  }

  test('go with them: what is under way is found again, and booked once', async () => {
    const projectId = await twoClips();
    await app.client.edit(projectId, { order: [2, 1] });
    const call = await book(projectId, 1, 2_000, 'clip-2', true);
    await call.settle(app.dataSource.manager, clip, false);
    expect(await rows(projectId)).toMatchObject([
      { idempotencyKey: 'clip-1', lane: 'video_generation/2', outcome: 'in_flight' },
      {
        idempotencyKey: 'clip-2',
        lane: 'video_generation/1',
        outcome: 'useful',
        cost: expect.closeTo(0.35, 9) as number,
      },
    ]);
  });

  test('of a scene that is removed are not those of the scene that has its number now', async () => {
    const projectId = await twoClips();
    await app.client.edit(projectId, { remove: [1] });
    const call = await book(projectId, 1, 2_000, 'clip-2', true);
    await call.settle(app.dataSource.manager, clip, false);
    const [gone, moved, ...others] = await rows(projectId);
    expect(others).toEqual([]);
    expect(gone).toMatchObject({
      outcome: 'in_flight',
      lane: expect.stringMatching(/^video_generation\/[0-9a-f-]{36}$/),
    });
    expect(moved).toMatchObject({ lane: 'video_generation/1', outcome: 'useful' });
    const of = await usageTotals(app.dataSource.manager, projectId, laneId('video_generation', 1));
    expect(of).toMatchObject({ video_seconds: 3, wasted_cost: 0 });
  });
});
