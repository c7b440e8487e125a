import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import type { LaneRun } from '../../src/activities/lanes/lane-run';
import { PaidCall } from '../../src/activities/usage/paid-call';
import type { ResolvedProvider } from '../../src/activities/usage/provider-choice';
import { Lane, Project, usageTotals } from '../../src/entities';
import { createLogger } from '../../src/logger';
import { laneId, StoryreelError, type ProjectId } from '../../src/protocol';
import { openRedis, type RedisEventLog } from '../../src/stream';
import { StoryMetrics } from '../../src/telemetry';
import { PRICES, startPricedApp, type PricedApp } from '../support/priced-app';

const LANES = [laneId('rewrite'), laneId('camera_movement', 1), laneId('camera_movement', 2)];
const cut = new StoryreelError('Stream.Cut', 'cut');
const amount = (input: number, output: number) => ({ unit: 'token' as const, input, output });
const money = (input: number, output: number) =>
  (input * PRICES.text.inputPerMillion + output * PRICES.text.outputPerMillion) / 1_000_000;

/** What becomes of a lane's call. Whatever the books are told, the provider charges `share` of all that was asked for. */
interface Step {
  readonly lane: number;
  readonly does: 'begin' | 'settle' | 'cut' | 'cut, with figures' | 'die';
  readonly share: number;
  readonly seen: number;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    lane: fc.nat({ max: LANES.length - 1 }),
    does: fc.constantFrom<Step['does'][]>('begin', 'begin', 'settle', 'cut', 'cut, with figures', 'die'),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    seen: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 4, maxLength: 24, size: 'max' },
);

describe('Whatever becomes of paid calls', () => {
  let app: PricedApp;
  let dataSource: DataSource;
  let log: RedisEventLog;
  const chosen = { name: 'writer', model: 'm', prices: PRICES.text } as unknown as ResolvedProvider<unknown>;
  const MAX = amount(400, 1_000);

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

  async function newProject(budget: number): Promise<ProjectId> {
    const { id } = await dataSource.getRepository(Project).save({ name: 'n', topic: 't', budget });
    await dataSource
      .getRepository(Lane)
      .insert(LANES.map((lane) => ({ projectId: id, lane, stage: lane.split('/')[0] ?? '' })));
    return id;
  }

  function runOf(projectId: ProjectId, lane: (typeof LANES)[number], fence: number, metrics?: StoryMetrics): LaneRun {
    return {
      deps: {
        dataSource,
        log,
        config: app.config,
        logger: createLogger('silent', 'test'),
        ...(metrics && { metrics }),
      },
      claim: { projectId, lane, fence, attempt: 1 },
      resets: 'retry',
    } as unknown as LaneRun;
  }

  test('the provider never charges more than the budget, and knows of no call that the books do not', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 0, max: 6 }), async (played, room) => {
        const budget = money(400, 1_000) * room;
        const projectId = await newProject(budget);
        const calls: { lane: number; call: PaidCall; live: boolean }[] = [];
        let fence = 1;
        let charged = 0;
        for (const { lane, does, share, seen } of played) {
          if (does === 'begin') {
            // An attempt before that is still at it was taken for dead: it goes on, and its provider charges.
            const call = await PaidCall.book(runOf(projectId, LANES[lane] ?? LANES[0]!, (fence += 1)), {
              chosen,
              most: MAX,
              prompt: 100,
            });
            if (!call.refused) calls.push({ lane, call, live: true });
            continue;
          }
          // The newest or an older one of the lane: then it comes back from the dead.
          const open = calls.filter((each) => each.live && each.lane === lane);
          const one = open[Math.floor(seen * open.length)] ?? open[0];
          if (!one) continue;
          one.live = false;
          const [input, output] = [Math.floor(MAX.input * share), Math.floor(MAX.output * share)];
          charged += money(input, output);
          const part = amount(Math.floor(input * seen), Math.floor(output * seen));
          if (does === 'settle') await one.call.settle(dataSource.manager, amount(input, output), false);
          else if (does === 'cut, with figures') await one.call.waste(cut, amount(input, output), false);
          else if (does === 'cut') await one.call.waste(cut, part, true);
          expect(charged).toBeLessThanOrEqual(budget + 1e-9);
        }
        // What nobody heard of again is charged whole.
        for (const { live } of calls) charged += live ? money(MAX.input, MAX.output) : 0;
        expect(charged).toBeLessThanOrEqual(budget + 1e-9);
      }),
      {
        numRuns: 30,
        examples: [[[begin(0), begin(0), begin(0)], 2]],
      },
    );
  });

  test('books that have heard of all calls state to the last place what the provider charged', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 1_000 })), { maxLength: 8 }),
        async (all) => {
          const projectId = await newProject(1);
          const metrics = new StoryMetrics();
          const calls: PaidCall[] = [];
          for (const i of all.keys()) {
            calls.push(
              await PaidCall.book(runOf(projectId, LANES[0]!, i + 2, metrics), { chosen, most: MAX, prompt: 100 }),
            );
          }
          // Each but the last was taken for dead, and came back.
          for (const [i, [input, output]] of all.entries()) await calls[i]?.waste(cut, amount(input, output), false);
          const charged = all.reduce((sum, [input, output]) => sum + money(input, output), 0);
          const { cost = 0, estimated } = await usageTotals(dataSource.manager, projectId);
          expect(cost).toBeCloseTo(charged, 9);
          // What was estimated first, and turned out to be less, stays counted.
          const counted = metrics.calls.paid.of({ provider: 'writer', kind: 'text' }).value;
          expect(counted).toBeGreaterThanOrEqual(charged - 1e-9);
          expect(estimated).toBeUndefined();
        },
      ),
      { numRuns: 20 },
    );
  });

  test('a model that has charged more than it was asked for finds so much more reserved the next time', async () => {
    const over = amount(400, 1_500);
    const projectId = await newProject(money(400, 1_500) + money(400, 1_400));
    const call = await PaidCall.book(runOf(projectId, LANES[0]!, 2), { chosen, most: MAX });
    await call.settle(dataSource.manager, over, false);
    const next = await PaidCall.book(runOf(projectId, LANES[1]!, 3), { chosen, most: MAX });
    expect(next.refused?.message).toContain('The next call may cost 0.0034.');
  });
});

function begin(lane: number): Step {
  return { lane, does: 'begin', share: 1, seen: 0 };
}
