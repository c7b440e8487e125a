import { setMaxListeners } from 'node:events';
import { Client, Connection, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { DataSource } from 'typeorm';
import type { Config } from '../config';
import { createDataSource, Project } from '../entities';
import {
  isFinal,
  MAX_SCENES,
  MAX_TOPIC_BYTES,
  STATUS_QUERY,
  STORY_WORKFLOW,
  StoryreelError,
  unreachable,
  workflowIdOf,
  type LaneId,
  type MessageAnswer,
  type ProjectId,
  type ProjectStatus,
  type StoryEvent,
  type StoryInput,
  type StoryMessage,
  type StoryMessages,
  type StageName,
  type StoryStatusView,
} from '../protocol';
import { openRedisLog, type EventLog } from '../stream';
import { clientSpans, type StoryMetrics } from '../telemetry';
import { loadTruth } from './project-truth';
import { loadUsage, projectView, type ProjectView } from './project-view';
import { SnapshotReader } from './snapshot-reader';
import { steerRun } from './steer-run';
import { ProjectWatch, type WatchOptions, type WatchSource } from './watch-project';

export interface NewProject {
  readonly topic: string;
  /** Default: the beginning of the topic. */
  readonly name?: string;
  readonly owner?: string;
  readonly settings?: { readonly scenes?: number; readonly style?: string };
}

export interface StartOptions {
  /** Makes everything again, also what has not changed. */
  readonly force?: boolean;
  /** `park` (default): a lane whose retries are spent waits for a person. `fail`: it ends the run. */
  readonly onFailure?: 'park' | 'fail';
  /** Only these stages. What they need of others must be made already. */
  readonly stages?: readonly StageName[];
  /** Only these scenes: what belongs to them, and the film where all other clips are there. */
  readonly scenes?: readonly number[];
  /** Stages after which the run waits for `approve`. */
  readonly gates?: readonly StageName[];
  /** The same id twice is one run: the second call gives the run of the first. */
  readonly requestId?: string;
  /** Gives the run that is going on, instead of refusing to start a second one. */
  readonly join?: boolean;
}

export interface StartedRun {
  readonly workflowId: string;
  readonly runId: string;
}

export interface ProjectSummary {
  readonly projectId: ProjectId;
  readonly name: string;
  readonly topic: string;
  readonly status: ProjectStatus;
  readonly createdAt: Date;
}

export interface ConnectOptions {
  /** Measures the watches of this client. */
  readonly metrics?: StoryMetrics;
}

const NAME_LENGTH = 80;
/** How long Redis may take to answer before a client goes on without it. */
const REDIS_MS = 1_000;
/** How long a run may take from its last event to its end in Temporal. */
const ENDING_MS = 10_000;

/**
 * What a backend uses to make films and to follow and steer them. One per process: it holds a connection to Temporal, a
 * pool to Postgres and two connections to Redis. Errors are `StoryreelError`s, by type.
 */
export class StoryClient {
  private readonly watched: WatchSource;
  private readonly closing = new AbortController();

  private constructor(
    private readonly config: Config,
    private readonly temporal: Client,
    private readonly dataSource: DataSource,
    private readonly log: EventLog,
    metrics: StoryMetrics | undefined,
  ) {
    this.watched = {
      log,
      snapshots: new SnapshotReader(log, (id) => loadTruth(dataSource, id)),
      status: async (id) => {
        const found = await dataSource.getRepository(Project).findOne({ select: { status: true }, where: { id } });
        return found?.status;
      },
      closing: this.closing.signal,
      ...(metrics && { meter: metrics }),
    };
    // Each watch listens, and there may be any number of them.
    setMaxListeners(0, this.closing.signal);
  }

  /** Throws `Service.Unreachable` where Temporal or Postgres cannot be reached. Redis may be away: watching waits for it. */
  static async connect(config: Config, { metrics }: ConnectOptions = {}): Promise<StoryClient> {
    const connection = await Connection.connect({ address: config.TEMPORAL_ADDRESS, connectTimeout: 5_000 }).catch(
      (cause: unknown) => {
        throw unreachable('Temporal', 'TEMPORAL_ADDRESS', cause);
      },
    );
    const dataSource = createDataSource({ url: config.DATABASE_URL, applicationName: 'storyreel-client' });
    await dataSource.initialize().catch(async (cause: unknown) => {
      await connection.close();
      throw unreachable('Postgres', 'DATABASE_URL', cause);
    });
    const log = openRedisLog(config);
    // The first snapshot would find it away otherwise.
    await log.ready(REDIS_MS).catch(() => undefined);
    const temporal = new Client({
      connection,
      namespace: config.TEMPORAL_NAMESPACE,
      interceptors: { workflow: [clientSpans] },
    });
    return new StoryClient(config, temporal, dataSource, log, metrics);
  }

  /** Stores a new project; nothing runs yet. Throws `Project.Invalid`. */
  async create(input: NewProject): Promise<ProjectId> {
    const topic = input.topic.trim();
    const bytes = Buffer.byteLength(topic);
    if (topic === '')
      throw new StoryreelError('Project.Invalid', 'The topic is empty. Say in a sentence what the film is about.');
    if (bytes > MAX_TOPIC_BYTES) {
      throw new StoryreelError(
        'Project.Invalid',
        `The topic is ${bytes} bytes long; at most ${MAX_TOPIC_BYTES} are allowed. Shorten it.`,
      );
    }
    const scenes = input.settings?.scenes;
    if (scenes !== undefined && !(Number.isInteger(scenes) && scenes >= 1 && scenes <= MAX_SCENES)) {
      throw new StoryreelError(
        'Project.Invalid',
        `The number of scenes must be a whole number from 1 to ${MAX_SCENES}.`,
      );
    }
    const project = await this.dataSource.getRepository(Project).save({
      name: input.name?.trim() || firstWords(topic),
      topic: topic.replaceAll('\0', ''),
      owner: input.owner ?? null,
      settings: { ...input.settings },
    });
    return project.id as ProjectId;
  }

  /**
   * Starts a run of the project. What is settled and would be made from the same inputs is used again. Throws
   * `Project.NotFound`, and `Project.AlreadyRunning` unless `join` is set or `requestId` is that of the live run.
   */
  async start(projectId: ProjectId, options: StartOptions = {}): Promise<StartedRun> {
    await this.project(projectId);
    const workflowId = workflowIdOf(projectId);
    const input: StoryInput = {
      projectId,
      ...(options.force && { force: true }),
      ...(options.onFailure && { onFailure: options.onFailure }),
      ...(options.stages && { stages: options.stages }),
      ...(options.scenes && { scenes: options.scenes }),
      ...(options.gates && { gates: options.gates }),
    };
    if (options.requestId !== undefined) {
      const same = await this.runOfRequest(workflowId, options.requestId);
      if (same) return same;
    }
    const runId = await this.startWorkflow(workflowId, input, options).catch(async (error: unknown) => {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const same = options.requestId === undefined ? undefined : await this.runOfRequest(workflowId, options.requestId);
      if (same) return same.runId;
      // The last run has told its end and is about to be over: the next one may begin then.
      if (isFinal((await this.project(projectId)).status) && (await this.hasEnded(workflowId))) {
        return this.startWorkflow(workflowId, input, options);
      }
      throw new StoryreelError(
        'Project.AlreadyRunning',
        `Project ${projectId} is running already. Watch it, cancel it first, or start with join.`,
        { cause: error },
      );
    });
    // Unless the run is ahead already: viewers who come now must not take the last run's end for this one's.
    await this.dataSource.query(
      `UPDATE projects SET status = 'queued', error = NULL, updated_at = now()
       WHERE id = $1 AND run_id IS DISTINCT FROM $2 AND status IN ('draft', 'completed', 'failed', 'cancelled')`,
      [projectId, runId],
    );
    return { workflowId, runId };
  }

  /** Where the project stands. Throws `Project.NotFound`. */
  async status(projectId: ProjectId): Promise<ProjectView> {
    const truth = await loadTruth(this.dataSource, projectId);
    if (!truth) throw notFound(projectId);
    return projectView(projectId, truth, await loadUsage(this.dataSource, projectId));
  }

  /** What the live workflow itself says; undefined where none runs. */
  async runStatus(projectId: ProjectId): Promise<StoryStatusView | undefined> {
    try {
      const handle = this.temporal.workflow.getHandle(workflowIdOf(projectId));
      const { status } = await handle.describe();
      return status.name === 'RUNNING' ? await handle.query<StoryStatusView>(STATUS_QUERY) : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  /** Newest first. */
  async list(filter: { status?: ProjectStatus; limit?: number } = {}): Promise<ProjectSummary[]> {
    const rows = await this.dataSource.getRepository(Project).find({
      where: filter.status ? { status: filter.status } : {},
      order: { createdAt: 'DESC' },
      take: filter.limit ?? 20,
    });
    return rows.map(({ id, name, topic, status, createdAt }) => ({
      projectId: id as ProjectId,
      name,
      topic,
      status,
      createdAt,
    }));
  }

  /** A snapshot, then every event after it; see `ProjectWatch`. Throws `Project.NotFound`. */
  watch(projectId: ProjectId, options: WatchOptions = {}): AsyncGenerator<StoryEvent, void, undefined> {
    return new ProjectWatch(this.watched, projectId, options);
  }

  /**
   * Begins nothing new in the live run; with `now`, also stops what runs, in mid-sentence: `resume` goes on from there.
   * This and the messages below throw what `steerRun` does.
   */
  async pause(projectId: ProjectId, { now = false }: { readonly now?: boolean } = {}): Promise<MessageAnswer> {
    return this.steer(projectId, 'pause', now ? { now } : {});
  }

  async resume(projectId: ProjectId): Promise<MessageAnswer> {
    return this.steer(projectId, 'resume', {});
  }

  /** Has lanes that wait for a person tried again: one (`image_generation/3`) or all of a stage. Gives those lanes. */
  async retry(projectId: ProjectId, lane: string): Promise<readonly LaneId[]> {
    return (await this.steer(projectId, 'retry', { lane })).lanes;
  }

  /** Lets the run go on without a lane, or without all of a stage that are not settled. Gives those lanes. */
  async skip(projectId: ProjectId, lane: string): Promise<readonly LaneId[]> {
    return (await this.steer(projectId, 'skip', { lane })).lanes;
  }

  /** Stops a lane and keeps its text as it is. It waits for `retry` or `skip` then. Gives the lanes. */
  async cancelLane(projectId: ProjectId, lane: string): Promise<readonly LaneId[]> {
    return (await this.steer(projectId, 'cancelLane', { lane })).lanes;
  }

  /** Lets a run go on that waits after this stage. */
  async approve(projectId: ProjectId, gate: StageName): Promise<MessageAnswer> {
    return this.steer(projectId, 'approve', { gate });
  }

  /** Has a stage that waits for approval made again, or one lane of it; the model is told the reason. Gives the lanes. */
  async reject(
    projectId: ProjectId,
    gate: StageName,
    { reason, lane }: { readonly reason: string; readonly lane?: string },
  ): Promise<readonly LaneId[]> {
    return (await this.steer(projectId, 'reject', { gate, reason, ...(lane !== undefined && { lane }) })).lanes;
  }

  /** Asks the run to end. Resolves false where none was running. Throws `Project.NotFound`. */
  async cancel(projectId: ProjectId): Promise<boolean> {
    await this.project(projectId);
    const workflowId = workflowIdOf(projectId);
    if (!(await this.isRunning(workflowId))) return false;
    try {
      await this.temporal.workflow.getHandle(workflowId).cancel();
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  /**
   * Removes a project: its events and texts in Redis, then every row. Media stay: they are stored by their content, which
   * other projects may share. Throws `Project.NotFound`, `Project.AlreadyRunning` while a run goes on, and
   * `Service.Unreachable` where Redis cannot be reached; then nothing is removed, or only the events, and the call may be
   * repeated.
   */
  async delete(projectId: ProjectId): Promise<void> {
    const { status } = await this.project(projectId);
    const workflowId = workflowIdOf(projectId);
    // A run that has told its end is about to be over.
    if ((await this.isRunning(workflowId)) && !(isFinal(status) && (await this.hasEnded(workflowId)))) {
      throw new StoryreelError(
        'Project.AlreadyRunning',
        `Project ${projectId} is running, and cannot be deleted now. Cancel it first: storyreel cancel ${projectId}`,
      );
    }
    await this.log.delete(projectId).catch((cause: unknown) => {
      throw unreachable('Redis', 'REDIS_URL', cause);
    });
    await this.dataSource.getRepository(Project).delete({ id: projectId });
  }

  /** Ends every watch and lets all connections go. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.log.close();
    await this.dataSource.destroy();
    await this.temporal.connection.close();
  }

  private async steer<M extends StoryMessage>(
    projectId: ProjectId,
    message: M,
    argument: StoryMessages[M],
  ): Promise<MessageAnswer> {
    await this.project(projectId);
    return steerRun(this.temporal, projectId, message, argument);
  }

  private async project(projectId: ProjectId): Promise<Project> {
    const project = await this.dataSource.getRepository(Project).findOneBy({ id: projectId });
    if (!project) throw notFound(projectId);
    return project;
  }

  private async startWorkflow(workflowId: string, input: StoryInput, options: StartOptions): Promise<string> {
    const handle = await this.temporal.workflow.start(STORY_WORKFLOW, {
      workflowId,
      taskQueue: this.config.TEMPORAL_TASK_QUEUE,
      args: [input],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: options.join ? 'USE_EXISTING' : 'FAIL',
      staticSummary: `story of ${input.projectId}`,
      ...(options.requestId !== undefined && { memo: { requestId: options.requestId } }),
    });
    return handle.firstExecutionRunId;
  }

  private async isRunning(workflowId: string): Promise<boolean> {
    try {
      return (await this.temporal.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  /** Waits a little for a workflow that is about to end. */
  private async hasEnded(workflowId: string): Promise<boolean> {
    const handle = this.temporal.workflow.getHandle(workflowId);
    const ended = handle.result().then(
      () => true,
      () => true,
    );
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), ENDING_MS)));
    return Promise.race([ended, patience]).finally(() => clearTimeout(timer));
  }

  private async runOfRequest(workflowId: string, requestId: string): Promise<StartedRun | undefined> {
    try {
      const { memo, runId } = await this.temporal.workflow.getHandle(workflowId).describe();
      return memo?.['requestId'] === requestId ? { workflowId, runId } : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }
}

function firstWords(topic: string): string {
  const line = topic.split('\n')[0] ?? '';
  return line.length > NAME_LENGTH ? `${[...line].slice(0, NAME_LENGTH - 1).join('')}…` : line;
}

function notFound(projectId: ProjectId): StoryreelError {
  return new StoryreelError('Project.NotFound', `There is no project ${projectId}.`);
}
