import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import {
  LANE_KINDS,
  laneParts,
  laneQueue,
  STAGES,
  workflowIdOf,
  type FailureType,
  type LaneResult,
  type LaneTask,
  type ProjectId,
  type StoryActivities,
  type StoryInput,
  type StoryStatusView,
} from '../../src/protocol';
import { SILENT_RUNS } from '../../src/telemetry';
import { fromSetup } from '../support/services';
import { until } from '../support/until';

/** The workflow on a real server, with activities that only say that they are done: what counts here is the order. */
describe('The story workflow', () => {
  let connection: NativeConnection;
  let client: Client;
  let bundle: { code: string };

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const address = fromSetup('STORYREEL_TEST_TEMPORAL_ADDRESS');
    connection = await NativeConnection.connect({ address });
    client = new Client({ connection: await Connection.connect({ address }) });
    bundle = await bundleWorkflowCode({
      workflowsPath: resolve(__dirname, '..', '..', 'src', 'workflows'),
      workflowInterceptorModules: [resolve(__dirname, '..', '..', 'src', 'workflows', 'trace-interceptors')],
      logger: new DefaultLogger('ERROR'),
    });
  });
  afterAll(async () => {
    await client.connection.close();
    await connection.close();
  });

  interface Script {
    readonly scenes: number;
    readonly lane?: (task: LaneTask) => Promise<Partial<LaneResult> | void>;
    readonly announce?: () => Promise<void>;
  }

  class Run {
    readonly projectId = randomUUID() as ProjectId;
    readonly begun: LaneTask[] = [];
    readonly steps: string[] = [];
    inFlight = new Set<number>();
    mostInFlight = 0;

    constructor(private readonly script: Script) {}

    get handle() {
      return client.workflow.getHandle(workflowIdOf(this.projectId));
    }

    get lanes(): string[] {
      return this.begun.map(({ lane }) => lane);
    }

    private readonly lane = async (task: LaneTask): Promise<LaneResult> => {
      const { stage, scene } = laneParts(task.lane);
      this.begun.push(task);
      if (scene !== undefined) this.inFlight.add(scene);
      this.mostInFlight = Math.max(this.mostInFlight, this.inFlight.size);
      const said = await this.script.lane?.(task);
      if (stage === 'video_generation') this.inFlight.delete(scene ?? 0);
      const scenes = Array.from({ length: this.script.scenes }, (_, i) => i + 1);
      return {
        sha256: 'hash',
        bytes: 1,
        reused: false,
        announced: true,
        ...(stage === 'storyboard' && { scenes }),
        ...said,
      };
    };

    async play(input: Partial<StoryInput>, during: (run: Run) => Promise<void>): Promise<void> {
      const taskQueue = `workflow-${this.projectId}`;
      const steps: Omit<StoryActivities, 'generateText' | 'generateImage' | 'generateVideo' | 'joinFilm'> = {
        openRun: () => Promise.resolve({ plan: STAGES, runFence: 42 }),
        parkLane: async ({ lane }) => void this.steps.push(`park ${lane}`),
        closeRun: async ({ outcome, announce }) => {
          this.steps.push(`close ${outcome}`);
          return { announced: announce };
        },
        announceLane: async ({ lane }) => {
          await this.script.announce?.();
          this.steps.push(`tell ${lane}`);
        },
        announceRun: async () => void this.steps.push('tell the end'),
      };
      const { lane } = this;
      const workers = await Promise.all([
        Worker.create({ connection, taskQueue, workflowBundle: bundle, activities: steps, sinks: SILENT_RUNS }),
        ...LANE_KINDS.map((kind) =>
          Worker.create({
            connection,
            taskQueue: laneQueue(taskQueue, kind),
            activities: { generateText: lane, generateImage: lane, generateVideo: lane, joinFilm: lane },
          }),
        ),
      ]);
      const running = workers.map((worker) => worker.run());
      try {
        await client.workflow.start('story', {
          workflowId: workflowIdOf(this.projectId),
          taskQueue,
          args: [{ projectId: this.projectId, ...input }],
        });
        await during(this);
      } finally {
        for (const worker of workers) worker.shutdown();
        await Promise.all(running);
      }
    }
  }

  test('runs every lane of the plan once', async () => {
    const run = new Run({ scenes: 3 });
    await run.play({}, async () => {
      const result = (await run.handle.result()) as StoryStatusView;
      expect(result).toMatchObject({ status: 'completed', scenes: 3 });
    });
    expect(run.lanes.length).toBe(new Set(run.lanes).size);
    expect(run.lanes).toHaveLength(3 + 3 * 3);
    expect(run.lanes.at(-1)).toBe('film');
    expect(run.steps).toEqual(['close completed']);
    expect(run.begun.every(({ madeSince }) => madeSince === undefined)).toBe(true);
  });

  test('with force, tells every lane to use nothing that is older than the run', async () => {
    const run = new Run({ scenes: 1 });
    await run.play({ force: true }, async () => void (await run.handle.result()));
    expect(run.begun.every(({ madeSince }) => madeSince === 42)).toBe(true);
  });

  test('has at most 50 scenes in flight, and lets the next one in when one is finished', async () => {
    const run = new Run({ scenes: 120 });
    await run.play({}, async () => void (await run.handle.result()));
    expect(run.lanes).toHaveLength(3 + 3 * 120);
    expect(run.mostInFlight).toBeLessThanOrEqual(50);
    expect(run.mostInFlight).toBeGreaterThan(20);
  }, 90_000);

  test('continues as new when its history grows long, and does nothing twice', async () => {
    const failing = new Set(['image_generation/7']);
    const run = new Run({
      scenes: 500,
      lane: async ({ lane }) => {
        if (failing.has(lane)) throw ApplicationFailure.nonRetryable('no picture', 'Provider.BadRequest');
      },
    });
    await run.play({}, async () => {
      const { runId } = await run.handle.describe();
      await until('only the parked scene is left', async () => run.lanes.length >= 1 + 1 + 500 * 3 - 1, 120_000);
      expect((await run.handle.describe()).runId).not.toBe(runId);
      // Viewers are told how far a stage is by counting its lanes that they were told of in this run.
      expect(new Set(run.begun.map((task) => task.runId))).toEqual(new Set([runId]));
      failing.clear();
      await run.handle.signal('retry', { lane: 'image_generation/7' });
      expect(await run.handle.result()).toMatchObject({ status: 'completed', scenes: 500 });
    });
    const again = run.lanes.filter((lane, i) => run.lanes.indexOf(lane) !== i);
    expect(again).toEqual(['image_generation/7']);
    expect(run.steps).toEqual(['park image_generation/7', 'close completed']);
  }, 150_000);

  test('parks a lane whose retries are spent, lets the others go on, and shows an operator what to type', async () => {
    let broken = true;
    const run = new Run({
      scenes: 2,
      lane: async ({ lane }) => {
        if (lane === 'image_generation/2' && broken) throw ApplicationFailure.nonRetryable('no', 'Provider.BadRequest');
      },
    });
    await run.play({}, async () => {
      await until('the other clip is made', () => run.lanes.includes('video_generation/1'));
      await until('the lane is parked', () => run.steps.includes('park image_generation/2'));
      const status = await run.handle.query<StoryStatusView>('status');
      expect(status.status).toBe('needs_attention');
      expect(status.lanes.find(({ lane }) => lane === 'image_generation/2')).toMatchObject({
        status: 'needs_attention',
        error: { type: 'Provider.BadRequest', message: 'no', retryable: false },
      });
      const shown = JSON.stringify(await run.handle.query('__temporal_workflow_metadata'));
      expect(shown).toContain(`temporal workflow signal --workflow-id story-${run.projectId} --name retry`);
      expect(run.lanes).not.toContain('film');
      broken = false;
      await expect(run.handle.executeUpdate('retry', { args: [{ lane: 'image_generation/1' }] })).rejects.toThrow(
        'Workflow Update failed',
      );
      await run.handle.executeUpdate('retry', { args: [{ lane: 'image_generation' }] });
      await run.handle.result();
    });
    expect(run.lanes.at(-1)).toBe('film');
  });

  test('tells viewers later what they could not be told at once, and the end only after that', async () => {
    let told = false;
    const run = new Run({
      scenes: 1,
      lane: async ({ lane }) => ({ announced: lane !== 'rewrite' }),
      announce: async () => {
        await until('the run has closed', () => run.steps.includes('close completed'));
        told = true;
      },
    });
    await run.play({}, async () => void (await run.handle.result()));
    expect(told).toBe(true);
    expect(run.steps).toEqual(['close completed', 'tell rewrite', 'tell the end']);
  });

  test('begins a lane again at once whose worker shut down, however often, with the retries that it has left', async () => {
    // Before the first deploy, two attempts had failed.
    const attempts = [3, 4, 5, 6, 7, 8, 9, 10];
    const begun: (number | undefined)[] = [];
    const run = new Run({
      scenes: 1,
      lane: async ({ lane, attemptsBefore }) => {
        if (lane !== 'rewrite') return;
        begun.push(attemptsBefore);
        const details = attempts.filter((each) => each > (attemptsBefore ?? 0)).slice(0, 1);
        const type: FailureType = 'Worker.ShuttingDown';
        for (const each of details) throw ApplicationFailure.nonRetryable('bye', type, { attempts: each });
      },
    });
    await run.play({}, async () => void (await run.handle.result()));
    expect(begun).toEqual([0, ...attempts]);
    const { events } = await run.handle.fetchHistory();
    const scheduled = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: each }) =>
      each?.activityId === 'rewrite' ? [each.retryPolicy?.maximumAttempts] : [],
    );
    expect(scheduled).toEqual([6, ...attempts.map(() => 4)]);
  });

  test('ends with the first failure where failures shall end the run', async () => {
    const run = new Run({
      scenes: 2,
      lane: async ({ lane }) => {
        if (lane === 'storyboard') throw ApplicationFailure.nonRetryable('no', 'Output.Unusable');
      },
    });
    await run.play({ onFailure: 'fail' }, async () => {
      await expect(run.handle.result()).rejects.toThrow('Workflow execution failed');
    });
    expect(run.steps).toEqual(['close failed']);
  });
});
