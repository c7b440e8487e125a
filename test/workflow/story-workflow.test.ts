import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import {
  laneParts,
  STAGES,
  type FailureType,
  type LaneResult,
  type LaneTask,
  type MessageAnswer,
  type OpenedRun,
  type ProjectId,
  type StoryInput,
  type StoryStatusView,
} from '../../src/protocol';
import { ScriptedWorkflows, type Script } from '../support/scripted-workflows';
import { until } from '../support/until';

/** The workflow on a real server, with activities that only say that they are done: what counts here is the order. */
describe('The story workflow', () => {
  let workflows: ScriptedWorkflows;

  beforeAll(async () => {
    workflows = await ScriptedWorkflows.open();
  });
  afterAll(() => workflows.close());

  interface Told {
    readonly scenes: number;
    readonly lane?: (task: LaneTask) => Promise<Partial<LaneResult> | void>;
    readonly announce?: () => Promise<void>;
    readonly reject?: () => Promise<void>;
    /** What is stored for a lane whose activity gives no result. */
    readonly stored?: LaneResult;
  }

  class Run {
    readonly projectId = randomUUID() as ProjectId;
    readonly begun: LaneTask[] = [];
    readonly steps: string[] = [];
    plan: Omit<OpenedRun, 'runFence'> = { plan: STAGES };
    inFlight = new Set<number>();
    mostInFlight = 0;

    constructor(private readonly told: Told) {}

    get handle() {
      return workflows.handle(this.projectId);
    }

    get lanes(): string[] {
      return this.begun.map(({ lane }) => lane);
    }

    private readonly lane = async (task: LaneTask): Promise<LaneResult> => {
      const { stage, scene } = laneParts(task.lane);
      this.begun.push(task);
      if (scene !== undefined) this.inFlight.add(scene);
      this.mostInFlight = Math.max(this.mostInFlight, this.inFlight.size);
      const said = await this.told.lane?.(task);
      if (stage === 'video_generation') this.inFlight.delete(scene ?? 0);
      const scenes = Array.from({ length: this.told.scenes }, (_, i) => i + 1);
      return {
        sha256: 'hash',
        bytes: 1,
        reused: false,
        announced: true,
        ...(stage === 'storyboard' && { scenes }),
        ...said,
      };
    };

    async start(input: Partial<StoryInput> = {}): Promise<void> {
      const script: Script = {
        lane: this.lane,
        openRun: () => Promise.resolve({ ...this.plan, runFence: 42 }),
        parkLane: async ({ lane, as }) => void this.steps.push(`${as === 'cancelled' ? 'cancel' : 'park'} ${lane}`),
        skipLane: async ({ lane }) => void this.steps.push(`skip ${lane}`),
        rejectLanes: async ({ lanes, reason }) => {
          await this.told.reject?.();
          this.steps.push(`reject ${lanes.join(' ')}: ${reason}`);
        },
        markRun: async ({ status, paused, gates }) =>
          void this.steps.push(['mark', status, ...paused, ...gates].join(' ')),
        adoptRun: async ({ status }) => void this.steps.push(`adopt ${status}`),
        settledLane: async () => this.told.stored ?? null,
        listScenes: async () => Array.from({ length: this.told.scenes }, (_, i) => i + 1),
        closeRun: async ({ outcome, announce }) => {
          this.steps.push(`close ${outcome}`);
          return { announced: announce };
        },
        announceLane: async ({ lane }) => {
          await this.told.announce?.();
          this.steps.push(`tell ${lane}`);
        },
        announceRun: async () => void this.steps.push('tell the end'),
      };
      await workflows.start(this.projectId, script, input);
    }
  }

  test('runs every lane of the plan once', async () => {
    const run = new Run({ scenes: 3 });
    await run.start();
    const result = (await run.handle.result()) as StoryStatusView;
    expect(result).toMatchObject({ status: 'completed', scenes: 3 });
    expect(run.lanes.length).toBe(new Set(run.lanes).size);
    expect(run.lanes).toHaveLength(3 + 3 * 3);
    expect(run.lanes.at(-1)).toBe('film');
    expect(run.steps).toEqual(['close completed']);
    expect(run.begun.every(({ madeSince }) => madeSince === undefined)).toBe(true);
  });

  test('with force, asks every lane to use nothing that is older than the run', async () => {
    const run = new Run({ scenes: 1 });
    await run.start({ force: true });
    await run.handle.result();
    expect(run.begun.every(({ madeSince }) => madeSince === 42)).toBe(true);
  });

  test('has at most 50 scenes in flight, continues as new when its history grows long, and does nothing twice', async () => {
    const failing = new Set(['image_generation/7']);
    const run = new Run({
      scenes: 150,
      lane: async ({ lane }) => {
        if (failing.has(lane)) throw ApplicationFailure.nonRetryable('no picture', 'Provider.BadRequest');
      },
    });
    await run.start();
    const { runId } = await run.handle.describe();
    await until('images are drawn', () => run.lanes.some((lane) => lane.startsWith('image_generation')));
    // A message of a megabyte that means nothing: the history is long after four of them.
    const padding = 'x'.repeat(1_000_000);
    for (let i = 0; i < 5; i++) await run.handle.signal('retry', { lane: padding });
    await until('only the parked scene is left', async () => run.lanes.length >= 1 + 1 + 150 * 3 - 1);
    await until('it has continued as new', async () => (await run.handle.describe()).runId !== runId);
    // Viewers are told how far a stage is by counting its lanes that they were told of in this run.
    expect(new Set(run.begun.map((task) => task.runId))).toEqual(new Set([runId]));
    failing.clear();
    await run.handle.signal('retry', { lane: 'image_generation/7' });
    expect(await run.handle.result()).toMatchObject({ status: 'completed', scenes: 150 });
    const again = run.lanes.filter((lane, i) => run.lanes.indexOf(lane) !== i);
    expect(again).toEqual(['image_generation/7']);
    // The parked scene has given up its place.
    expect(run.mostInFlight).toBeLessThanOrEqual(50 + 1);
    expect(run.mostInFlight).toBeGreaterThan(20);
    expect(run.steps).toEqual(['park image_generation/7', 'close completed']);
  });

  test('parks a lane whose retries are spent, lets the others continue, and shows an operator what to type', async () => {
    let broken = true;
    const run = new Run({
      scenes: 2,
      lane: async ({ lane }) => {
        if (lane === 'image_generation/2' && broken) throw ApplicationFailure.nonRetryable('no', 'Provider.BadRequest');
      },
    });
    await run.start();
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
    expect(run.lanes.at(-1)).toBe('film');
  });

  test('notifies viewers later what could not be announced at once, and the end only after that', async () => {
    let told = false;
    const run = new Run({
      scenes: 1,
      lane: async ({ lane }) => ({ announced: lane !== 'rewrite' }),
      announce: async () => {
        await until('the run has closed', () => run.steps.includes('close completed'));
        told = true;
      },
    });
    await run.start();
    await run.handle.result();
    expect(told).toBe(true);
    expect(run.steps).toEqual(['close completed', 'tell rewrite', 'tell the end']);
  });

  test('takes messages while viewers cannot be notified of a stage that is rejected and made again', async () => {
    let away = true;
    const run = new Run({
      scenes: 1,
      lane: async ({ lane }) => ({ announced: lane !== 'rewrite' }),
      announce: () => until('viewers can be notified', () => !away).then(() => undefined),
    });
    await run.start({ gates: ['rewrite'] });
    const atGate = () => until('it waits', async () => (await statusOf(run)).gates.length > 0);
    for (const times of [1, 2, 3]) {
      await until('it is made', () => run.lanes.length === times);
      await atGate();
      if (times < 3) await run.handle.executeUpdate('reject', { args: [{ gate: 'rewrite', reason: `no ${times}` }] });
    }
    const { pendingActivities } = (await run.handle.describe()).raw;
    const telling = pendingActivities?.flatMap(({ activityId: id }) => (id?.startsWith('tell') ? [id] : []));
    // One at a time for a lane; what it has come to meanwhile is told after it.
    expect(telling).toEqual(['tell/rewrite']);
    await run.handle.executeUpdate('approve', { args: [{ gate: 'rewrite' }] });
    await until('all is made', () => run.lanes.includes('film'));
    away = false;
    expect(await run.handle.result()).toMatchObject({ status: 'completed' });
  });

  test('continues with what is stored for a lane whose activity was completed by hand', async () => {
    const stored = { sha256: 'stored', bytes: 1, reused: false, announced: false, scenes: [1, 2] };
    const run = new Run({
      scenes: 1,
      stored,
      lane: async ({ lane }) => (lane === 'storyboard' ? { scenes: 'two of them' as never } : undefined),
    });
    await run.start();
    expect(await run.handle.result()).toMatchObject({ status: 'completed', scenes: 2 });
    expect(run.steps).toContain('tell storyboard');
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
    await run.start();
    await run.handle.result();
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
    await run.start({ onFailure: 'fail' });
    await expect(run.handle.result()).rejects.toThrow('Workflow execution failed');
    expect(run.steps).toEqual(['close failed']);
  });

  /** Lanes that end when the test lets them, or by their cancellation. */
  class Held {
    private readonly open = new Set<string>();
    readonly lane = async ({ lane }: LaneTask): Promise<void> => {
      if (!this.names.includes(lane)) return;
      const cancelled = Context.current().cancelled.catch((error: Error) => error);
      const beat = setInterval(() => Context.current().heartbeat(), 100);
      try {
        const released = until(`${lane} may end`, () => this.open.has(lane));
        const error = await Promise.race([released, cancelled]);
        if (error instanceof Error) throw error;
      } finally {
        clearInterval(beat);
      }
    };

    constructor(private readonly names: readonly string[]) {}

    release(lane: string): void {
      this.open.add(lane);
    }
  }

  const statusOf = (run: Run) => run.handle.query<StoryStatusView>('status');
  const laneOf = async (run: Run, lane: string) =>
    (await statusOf(run)).lanes.find((each) => each.lane === lane)?.status;

  test('paused, lets what runs end, begins nothing, and states it; resumed, continues', async () => {
    const held = new Held(['rewrite']);
    const run = new Run({ scenes: 1, lane: held.lane });
    await run.start();
    await until('the rewrite runs', () => run.lanes.includes('rewrite'));
    await run.handle.executeUpdate('pause', { args: [{}] });
    expect(await laneOf(run, 'rewrite')).toBe('processing');
    held.release('rewrite');
    await until('the next lane is held', async () => (await laneOf(run, 'storyboard')) === 'paused');
    expect((await statusOf(run)).status).toBe('paused');
    expect(run.lanes).toEqual(['rewrite']);
    await until('rows are notified', () => run.steps.includes('mark paused storyboard'));
    const shown = JSON.stringify(await run.handle.query('__temporal_workflow_metadata'));
    expect(shown).toContain(`--name resume --input '{}'`);
    await expect(run.handle.executeUpdate('pause', { args: [{}] })).rejects.toMatchObject({
      cause: { message: 'the run is paused already' },
    });
    await run.handle.signal('resume', {});
    await run.handle.result();
    expect(run.lanes).toHaveLength(6);
    expect(run.steps).toEqual(['mark paused', 'mark paused storyboard', 'mark processing', 'close completed']);
  });

  test('paused at once, stops what runs and makes it again when it is resumed', async () => {
    const held = new Held(['rewrite']);
    const run = new Run({ scenes: 1, lane: held.lane });
    await run.start();
    await until('the rewrite runs', () => run.lanes.includes('rewrite'));
    const answer = await run.handle.executeUpdate<MessageAnswer, [object]>('pause', { args: [{ now: true }] });
    expect(answer).toMatchObject({ status: 'paused', lanes: ['rewrite'] });
    expect(await laneOf(run, 'rewrite')).toBe('paused');
    await run.handle.signal('resume');
    await until('it is worked on again', () => run.lanes.length === 2);
    held.release('rewrite');
    await run.handle.result();
    expect(run.lanes.slice(0, 3)).toEqual(['rewrite', 'rewrite', 'storyboard']);
  });

  test('continues without lanes that a person skips, and without what cannot be made then', async () => {
    const run = new Run({
      scenes: 2,
      lane: async ({ lane }) => {
        if (/(image_generation|camera_movement)\/2/.test(lane)) {
          throw ApplicationFailure.nonRetryable('no', 'Provider.BadRequest');
        }
      },
    });
    await run.start();
    await until('both wait', async () => (await statusOf(run)).lanes.filter(isParked).length === 2);
    await run.handle.signal('skip', { lane: 'camera_movement/2' });
    await run.handle.signal('skip', { lane: 'camera_movement/2' });
    const shown = JSON.stringify(await run.handle.query('__temporal_workflow_metadata'));
    expect(shown).toContain('skip did nothing: camera_movement/2 is settled or skipped already');
    const answer = await run.handle.executeUpdate('skip', { args: [{ lane: 'image_generation/2' }] });
    expect(answer).toMatchObject({ lanes: ['image_generation/2'] });
    expect(await run.handle.result()).toMatchObject({ status: 'completed' });
    expect(run.lanes).not.toContain('video_generation/2');
    expect(run.lanes.at(-1)).toBe('film');
    expect(run.steps.filter((step) => step.startsWith('skip')).sort()).toEqual([
      'skip camera_movement/2',
      'skip image_generation/2',
      'skip video_generation/2',
    ]);
  });

  test('makes a clip without its camera move', async () => {
    const held = new Held(['camera_movement/1']);
    const run = new Run({ scenes: 1, lane: held.lane });
    await run.start();
    await until('the camera move is worked on', () => run.lanes.includes('camera_movement/1'));
    await run.handle.executeUpdate('skip', { args: [{ lane: 'camera_movement' }] });
    await run.handle.result();
    expect(run.lanes).toContain('video_generation/1');
  });

  test('stops one lane, which waits for a person then, while others continue', async () => {
    const held = new Held(['camera_movement/1']);
    const run = new Run({ scenes: 1, lane: held.lane });
    await run.start();
    await until('the camera move is worked on', () => run.lanes.includes('camera_movement/1'));
    await run.handle.executeUpdate('cancelLane', { args: [{ lane: 'camera_movement/1' }] });
    await until('a person is notified', () => run.steps.includes('cancel camera_movement/1'));
    expect(await laneOf(run, 'camera_movement/1')).toBe('cancelled');
    expect((await statusOf(run)).status).toBe('needs_attention');
    held.release('camera_movement/1');
    await run.handle.signal('retry', { lane: 'camera_movement/1' });
    expect(await run.handle.result()).toMatchObject({ status: 'completed' });
  });

  test('waits at a gate, makes again what is rejected, and continues when it is approved', async () => {
    const run = new Run({ scenes: 2 });
    await run.start({ gates: ['storyboard', 'image_generation'] });
    await until('it waits', async () => (await statusOf(run)).status === 'awaiting_approval');
    expect((await statusOf(run)).gates).toEqual(['storyboard']);
    expect(run.lanes).toEqual(['rewrite', 'storyboard']);
    await run.handle.signal('reject', { gate: 'storyboard', reason: 'too dark' });
    await until('it is made again and waits', async () => {
      const { gates } = await statusOf(run);
      return run.lanes.length === 3 && gates.length === 1;
    });
    await run.handle.executeUpdate('approve', { args: [{ gate: 'storyboard' }] });
    await expect(run.handle.executeUpdate('approve', { args: [{ gate: 'storyboard' }] })).rejects.toThrow();
    await until('it waits for the images', async () => (await statusOf(run)).gates.includes('image_generation'));
    expect(run.lanes).not.toContain('video_generation/1');
    await run.handle.executeUpdate('reject', {
      args: [{ gate: 'image_generation', lane: 'image_generation/2', reason: 'no hat' }],
    });
    await until('the image waits', async () => (await statusOf(run)).gates.includes('image_generation'));
    await run.handle.executeUpdate('approve', { args: [{ gate: 'image_generation' }] });
    await run.handle.result();
    expect(run.lanes.filter((lane) => lane === 'image_generation/2')).toHaveLength(2);
    expect(run.lanes.filter((lane) => lane === 'image_generation/1')).toHaveLength(1);
    expect(run.steps).toContain('reject storyboard: too dark');
    expect(run.steps).toContain('mark awaiting_approval image_generation');
  });

  test('comes to a gate with more scenes than it works on at once', async () => {
    const run = new Run({ scenes: 70 });
    await run.start({ gates: ['image_generation'] });
    await until('it waits', async () => (await statusOf(run)).gates.includes('image_generation'));
    await run.handle.executeUpdate('approve', { args: [{ gate: 'image_generation' }] });
    await run.handle.result();
    expect(run.lanes).toHaveLength(3 + 3 * 70);
  });

  test('has updated rows of a rejection before it looks at everything again', async () => {
    let mayReject = false;
    const run = new Run({
      scenes: 1,
      reject: () => until('it may', () => mayReject).then(() => undefined),
    });
    await run.start({ gates: ['image_generation', 'camera_movement'] });
    await until('both wait', async () => (await statusOf(run)).gates.length === 2);
    const { runId } = await run.handle.describe();
    const answer = (name: string, argument: object) => run.handle.executeUpdate(name, { args: [argument] });
    await answer('reject', { gate: 'image_generation', reason: 'too dark' });
    await answer('edited', {});
    const marks = () => run.steps.filter((step) => step.startsWith('mark')).length;
    const before = marks();
    await answer('approve', { gate: 'camera_movement' });
    // Rows are told that the gates are open; then nothing else is under way.
    await until('rows are notified', () => marks() > before);
    await answer('pause', {});
    await answer('resume', {});
    expect((await run.handle.describe()).runId).toBe(runId);
    const begun = run.lanes.length;
    mayReject = true;
    await until('it looks at everything again', async () => (await run.handle.describe()).runId !== runId);
    expect(run.steps).toContain('reject image_generation/1: too dark');
    await until('both wait again', async () => (await statusOf(run)).gates.includes('image_generation'));
    expect(run.lanes.slice(begun)).toContain('image_generation/1');
    await run.handle.terminate();
  });

  test('looks at everything again before it ends where rows were edited meanwhile', async () => {
    const held = new Held(['film']);
    const run = new Run({ scenes: 1, lane: held.lane });
    await run.start();
    await until('the film is worked on', () => run.lanes.includes('film'));
    await run.handle.signal('edited');
    held.release('film');
    await until('all was looked at twice', () => run.lanes.length === 12);
    await run.handle.result();
    expect(run.steps).toEqual(['close completed']);
    expect(new Set(run.begun.map(({ runId }) => runId)).size).toBe(1);
  });

  test('lets no lane wait for viewers who cannot be notified, also where it continues as new; the next run notifies them', async () => {
    const held = new Held(['film']);
    const run: Run = new Run({
      scenes: 1,
      lane: async (task) => {
        await held.lane(task);
        return { announced: task.lane !== 'rewrite' };
      },
      announce: async () => {
        await until('all was looked at twice', () => run.lanes.length === 12);
      },
    });
    await run.start();
    await until('the film is worked on', () => run.lanes.includes('film'));
    await run.handle.signal('edited');
    held.release('film');
    await run.handle.result();
    expect(run.lanes).toHaveLength(12);
    expect(run.steps.filter((step) => step.startsWith('close'))).toEqual(['close completed']);
    expect(run.steps).toContain('tell rewrite');
  });

  test('makes only what is asked for', async () => {
    const run = new Run({ scenes: 3 });
    run.plan = { plan: STAGES.filter(({ scope }) => scope === 'scene'), scenes: [2] };
    await run.start({ scenes: [2] });
    await run.handle.result();
    expect(run.lanes.sort()).toEqual(['camera_movement/2', 'image_generation/2', 'video_generation/2']);
  });

  test('an input with a field that it cannot have ends the run before anything is made', async () => {
    const run = new Run({ scenes: 1 });
    await run.start({ stage: ['rewrite'] } as Partial<StoryInput>);
    await expect(run.handle.result()).rejects.toMatchObject({
      cause: {
        type: 'Project.Invalid',
        message: expect.stringMatching(/no field "stage".*are projectId, stages/) as string,
      },
    });
    expect(run.steps).toEqual([]);
  });

  test.each([
    ['pause', 'now'],
    ['pause', { now: 'true' }],
    ['pause', { now: 1 }],
    ['pause', { Now: true }],
    ['pause', { lane: 'rewrite' }],
    ['retry', undefined],
    ['retry', { lane: 7 }],
    ['skip', { lane: 'storyboard' }],
    ['skip', { lane: 'nothing/9' }],
    ['approve', {}],
    ['reject', { gate: 'storyboard' }],
    ['resume', null],
    ['cancelLane', { lane: 'film' }],
  ])('a %s of %j does nothing and states it', async (name, argument) => {
    const held = new Held(['rewrite']);
    const run = new Run({ scenes: 1, lane: held.lane });
    await run.start();
    await until('the rewrite runs', () => run.lanes.includes('rewrite'));
    await run.handle.signal(name, argument);
    const shown = JSON.stringify(await run.handle.query('__temporal_workflow_metadata'));
    expect(shown).toContain(`${name} did nothing: `);
    held.release('rewrite');
    expect(await run.handle.result()).toMatchObject({ status: 'completed' });
    expect(run.lanes).toHaveLength(6);
  });
});

function isParked({ status }: { readonly status: string }): boolean {
  return status === 'needs_attention';
}
