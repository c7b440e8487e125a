import OpenAI from 'openai';
import type { DataSource } from 'typeorm';
import type { LanePlan, LaneRun } from '../../src/activities/lanes/lane-run';
import { StaleAttempt } from '../../src/activities/lanes/lane-store';
import { imageKey, isPaidInVain } from '../../src/activities/media/image-order';
import { PaidCall } from '../../src/activities/usage/paid-call';
import type { ResolvedProvider } from '../../src/activities/usage/provider-choice';
import { Lane, type ModelUsage, Project, usageTotals } from '../../src/entities';
import { createLogger } from '../../src/logger';
import { laneId, StoryreelError, type ProjectId } from '../../src/protocol';
import { openRedis, type RedisEventLog } from '../../src/stream';
import { StoryMetrics } from '../../src/telemetry';
import { PRICES, startPricedApp, type PricedApp } from '../support/priced-app';

const lane = laneId('rewrite');
const cut = new StoryreelError('Stream.Cut', 'cut');
const used = (input: number, output: number) => ({ unit: 'token' as const, input, output });

describe('The row of a paid call', () => {
  let app: PricedApp;
  let dataSource: DataSource;
  let log: RedisEventLog;
  let projectId: ProjectId;
  const chosen = { name: 'writer', model: 'm', prices: PRICES.text } as unknown as ResolvedProvider<unknown>;

  beforeAll(async () => {
    app = await startPricedApp();
    ({ dataSource } = app);
    log = openRedis(app.config).log;
    await log.ready(5_000);
  });
  afterAll(async () => {
    await log.close();
    await app.close();
  });
  beforeEach(async () => {
    const project = await dataSource.getRepository(Project).save({ name: 'n', topic: 't' });
    projectId = project.id;
    await dataSource.getRepository(Lane).insert({ projectId, lane, stage: lane });
  });

  const run = (fence: number) =>
    ({
      deps: { dataSource, log, config: app.config, logger: createLogger('silent', 'test') },
      claim: { projectId, lane, fence, attempt: fence },
      ...(fence > 1 && { resets: 'retry' }),
    }) as unknown as LaneRun;
  const book = (fence: number, continuesFence?: number) =>
    PaidCall.book(run(fence), {
      chosen,
      most: used(400, 1_000),
      ...(continuesFence !== undefined && { continuesFence }),
    });
  const write = (fence: number, text: string) =>
    log.append({ writer: { projectId, lane, fence, attempt: fence }, offset: 0, text });
  const rows = (): Promise<ModelUsage[]> => app.calls(projectId, lane);

  test('counts for nothing but its reserve while the call is under way', async () => {
    await book(1);
    expect(await rows()).toMatchObject([{ outcome: 'in_flight', reserved: 0.0024 }]);
    expect(await usageTotals(dataSource.manager, projectId)).toMatchObject({ input_tokens: 0, useful_tokens: 0 });
  });

  test('is estimated by the next attempt, where the worker died: prompt and text at four bytes a token', async () => {
    await book(1);
    await write(1, 'x'.repeat(801));
    await book(2);
    expect(await rows()).toMatchObject([
      { inputTokens: 100, outputTokens: 201, wastedTokens: 301, outcome: 'wasted', estimated: true },
      { outcome: 'in_flight' },
    ]);
  });

  test('has what an attempt cost that was taken for dead and came back', async () => {
    const dead = await book(1);
    await write(1, 'x'.repeat(800));
    const successor = await book(2);
    await dead.waste(cut, used(90, 250), false);
    await successor.settle(dataSource.manager, used(90, 300), false);
    expect(await rows()).toMatchObject([
      { inputTokens: 90, outputTokens: 250, wastedTokens: 340, outcome: 'wasted', estimated: false },
      { inputTokens: 90, outputTokens: 300, wastedTokens: 0, outcome: 'useful' },
    ]);
  });

  test('has as wasted what such an attempt made beyond the text that was gone on from', async () => {
    const dead = await book(1);
    await write(1, 'x'.repeat(800));
    const successor = await book(2, 1);
    await dead.waste(cut, used(100, 250), true);
    await successor.settle(dataSource.manager, used(300, 100), false);
    expect(await rows()).toMatchObject([
      { outputTokens: 250, wastedTokens: 50, wastedCost: 0.0001, outcome: 'useful' },
      { outputTokens: 100, wastedTokens: 0, outcome: 'useful' },
    ]);
    expect(await usageTotals(dataSource.manager, projectId, lane)).toMatchObject({
      useful_tokens: 700,
      wasted_tokens: 50,
      cost: 0.0011,
      wasted_cost: 0.0001,
      useful_cost: 0.001,
    });
  });

  test('keeps a text of use over an attempt that the provider refused', async () => {
    await (await book(1)).waste(cut, used(100, 40), true);
    const refusal = new OpenAI.RateLimitError(429, {}, 'slow down', new Headers());
    await (await book(2, 1)).waste(refusal, used(140, 0), true);
    expect((await rows()).map(({ outcome }) => outcome)).toEqual(['wasted', 'wasted']);
    await (await book(3, 2)).settle(dataSource.manager, used(140, 60), false);
    expect(await rows()).toMatchObject([
      { outcome: 'useful', wastedTokens: 0 },
      { outcome: 'useful', inputTokens: 0, cost: 0 },
      { outcome: 'useful' },
    ]);
  });

  test('of a job that is asked for again under its key is the same one, and its reserve is not held against it', async () => {
    await app.client.setBudget(projectId, 0.003);
    const job = { ...call, key: 'job/1' };
    await PaidCall.book(run(1), job);
    await PaidCall.book(run(2), job);
    expect(await rows()).toMatchObject([{ fence: 2, outcome: 'in_flight', idempotencyKey: 'job/1' }]);
    expect((await PaidCall.book(other(1), call)).refused).toBeDefined();
  });

  test('reserves under one lock: of many at once no more are booked than the budget has room for', async () => {
    await app.client.setBudget(projectId, 0.0024 * 3);
    const calls = await Promise.all([1, 2, 3, 4, 5, 6].map((fence) => PaidCall.book(other(fence), call)));
    expect(calls.filter(({ refused }) => refused === undefined)).toHaveLength(3);
    expect(calls.find(({ refused }) => refused)?.refused?.message).toBe(
      `Paid 0 of a budget of 0.0072. Calls under way may cost 0.0072. The next call may cost 0.0024. Raise it (storyreel budget ${projectId} <amount>), then retry.`,
    );
  });

  test('is counted when its transaction is committed: paid, wasted, and of use with all that it continues', async () => {
    const metrics = new StoryMetrics();
    const counted = () => {
      const labels = { provider: 'writer', kind: 'text' };
      const { paid, useful, wasted, budgetRefusals } = metrics.calls;
      return [paid, useful, wasted, budgetRefusals].map((metric) => Number(metric.of(labels).value.toFixed(9)));
    };
    const metered = (fence: number) => ({ ...run(fence), deps: { ...run(fence).deps, metrics } });
    const first = await PaidCall.book(metered(1), { ...call });
    await first.waste(cut, used(100, 200), false);
    expect(counted()).toEqual([0.0005, 0, 0.0005, 0]);
    const second = await PaidCall.book(metered(2), { ...call, continuesFence: 1 });
    const settling = dataSource.transaction(async (manager) => {
      await second.settle(manager, used(100, 100), false);
      throw new Error('something else went wrong');
    });
    await expect(settling).rejects.toThrow('something else');
    expect(counted()).toEqual([0.0005, 0, 0.0005, 0]);
    await dataSource.transaction((manager) => second.settle(manager, used(100, 100), false));
    expect(counted()).toEqual([0.0008, 0.0008, 0.0005, 0]);
    // One that nobody heard of again.
    await PaidCall.book(metered(3), call);
    await app.client.setBudget(projectId, 0.001);
    expect((await PaidCall.book(metered(4), call)).refused).toBeDefined();
    expect(counted()).toEqual([0.0009, 0.0008, 0.0006, 1]);
  });
  test('of an image is one of two at most, also if the workers died, and a retry by a person has two more', async () => {
    const plan = { inputHash: 'of the same scene', inputs: { chosen: { honoursKey: false } } };
    const attempt = (fence: number, sinceFence: number) =>
      ({ ...run(fence), stage: 'i', context: {}, sinceFence }) as LaneRun;
    const key = (...of: [fence: number, sinceFence: number]) =>
      imageKey(attempt(...of), plan as LanePlan<typeof plan.inputs>);
    const one = { unit: 'image' as const, units: 1 };
    for (const fence of [1, 2]) {
      await PaidCall.book(run(fence), { chosen, most: one, sentAs: await key(fence, 1) });
    }
    await expect(key(3, 1)).rejects.toMatchObject({ type: 'Media.Unusable' });
    const keys = (await rows()).map(({ idempotencyKey }) => idempotencyKey);
    expect(keys).not.toContain(await key(4, 4));
  });

  test('of an image that had arrived was in vain whatever fails then, if no other attempt has the lane', () => {
    const broken = new StoryreelError('Film.Failed', 'ffmpeg is not there');
    expect([isPaidInVain(broken, true), isPaidInVain(broken, false)]).toEqual([true, false]);
    expect(isPaidInVain(new StaleAttempt(lane), true)).toBe(false);
  });

  const call = { chosen, most: used(400, 1_000) };
  const other = (scene: number) => {
    const base = run(1);
    return { ...base, claim: { ...base.claim, lane: laneId('camera_movement', scene) } };
  };
});
