import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import {
  LANE_KINDS,
  laneQueue,
  STAGES,
  STORY_WORKFLOW,
  workflowIdOf,
  type LaneResult,
  type LaneTask,
  type OpenedRun,
  type ProjectId,
  type StoryActivities,
  type StoryInput,
} from '../../src/protocol';
import { SILENT_RUNS } from '../../src/telemetry';
import { installTemporalRuntime } from '../../src/worker/temporal-runtime';
import { WORKFLOW_TIME } from '../../src/worker/workflow-time';
import { loggerThatCounts } from './sdk-warnings';
import { fromSetup } from './services';
import { WORKFLOW_BUNDLE } from './workflow-bundle';

type LaneActivity = 'generateText' | 'generateImage' | 'generateVideo' | 'joinFilm';

/** What the activities of one run do. A step that is not named here does nothing, and viewers are told. */
export interface Script extends Partial<Omit<StoryActivities, LaneActivity>> {
  readonly lane: (task: LaneTask) => Promise<LaneResult>;
}

const NOTHING: Omit<StoryActivities, LaneActivity> = {
  openRun: (): Promise<OpenedRun> => Promise.resolve({ plan: STAGES, runFence: 42 }),
  parkLane: () => Promise.resolve({ announced: true }),
  skipLane: () => Promise.resolve({ announced: true }),
  rejectLanes: () => Promise.resolve(),
  markRun: () => Promise.resolve({ announced: true }),
  adoptRun: () => Promise.resolve(),
  stopLanes: () => Promise.resolve(),
  settledLane: () => Promise.resolve(null),
  listScenes: () => Promise.resolve([]),
  closeRun: () => Promise.resolve({ announced: true }),
  announceLane: () => Promise.resolve(),
  announceRun: () => Promise.resolve(),
};

/** The story workflow on a real server and real workers, one set for a whole test file; each run has a script of its own. */
export class ScriptedWorkflows {
  private readonly taskQueue = `scripted-${randomUUID()}`;
  private readonly scripts = new Map<string, Script>();
  private workers: readonly Worker[] = [];
  private running: readonly Promise<void>[] = [];

  private constructor(
    private readonly connection: NativeConnection,
    private readonly client: Client,
  ) {}

  static async open(): Promise<ScriptedWorkflows> {
    await installTemporalRuntime(loggerThatCounts(fromSetup('STORYREEL_TEST_FOLDER')), false);
    const address = fromSetup('STORYREEL_TEST_TEMPORAL_ADDRESS');
    const connection = await NativeConnection.connect({ address });
    const opened = new ScriptedWorkflows(connection, new Client({ connection: await Connection.connect({ address }) }));
    await opened.work();
    return opened;
  }

  handle(projectId: ProjectId): WorkflowHandle {
    return this.client.workflow.getHandle(workflowIdOf(projectId));
  }

  /** Starts a run whose activities do what the script says. */
  async start(
    projectId: ProjectId,
    script: Script,
    input: Partial<StoryInput> = {},
    type: string = STORY_WORKFLOW,
  ): Promise<void> {
    this.scripts.set(projectId, script);
    await this.client.workflow.start(type, {
      workflowId: workflowIdOf(projectId),
      taskQueue: this.taskQueue,
      args: [{ projectId, ...input }],
    });
  }

  /** Resets a run to the last task that it has completed, as `temporal workflow reset --type LastWorkflowTask`. */
  async resetToLast(projectId: ProjectId): Promise<void> {
    const { connection, options } = this.client;
    const { runId } = await this.handle(projectId).describe();
    const { events } = await this.handle(projectId).fetchHistory();
    const last = events?.findLast((event) => event.workflowTaskCompletedEventAttributes);
    await connection.workflowService.resetWorkflowExecution({
      namespace: options.namespace,
      workflowExecution: { workflowId: workflowIdOf(projectId), runId },
      workflowTaskFinishEventId: last?.eventId ?? null,
      requestId: randomUUID(),
      reason: 'a test',
      // What came later is not given again.
      resetReapplyExcludeTypes: [1, 2],
    });
  }

  async close(): Promise<void> {
    for (const worker of this.workers) worker.shutdown();
    await Promise.all(this.running);
    await this.client.connection.close();
    await this.connection.close();
  }

  private async work(): Promise<void> {
    const { connection, taskQueue } = this;
    const scriptOf = (projectId: string): Script => {
      const script = this.scripts.get(projectId);
      if (!script) throw ApplicationFailure.nonRetryable(`no script for ${projectId}`);
      return script;
    };
    const steps = Object.fromEntries(
      Object.keys(NOTHING).map((name) => [
        name,
        async (input: { readonly projectId: string }): Promise<unknown> => {
          const step = name as keyof typeof NOTHING;
          const all = { ...NOTHING, ...scriptOf(input.projectId) };
          return (all[step] as (argument: unknown) => Promise<unknown>)(input);
        },
      ]),
    );
    const lane = async (task: LaneTask): Promise<LaneResult> => scriptOf(task.projectId).lane(task);
    const lanes = { generateText: lane, generateImage: lane, generateVideo: lane, joinFilm: lane };
    const maxHeartbeatThrottleInterval = '100 milliseconds';
    this.workers = await Promise.all([
      Worker.create({
        ...WORKFLOW_TIME,
        connection,
        taskQueue,
        workflowBundle: WORKFLOW_BUNDLE,
        activities: steps,
        sinks: SILENT_RUNS,
      }),
      ...LANE_KINDS.map((kind) =>
        Worker.create({
          connection,
          taskQueue: laneQueue(taskQueue, kind),
          maxHeartbeatThrottleInterval,
          activities: lanes,
        }),
      ),
    ]);
    this.running = this.workers.map((worker) => worker.run());
  }
}
