import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { DataSource } from 'typeorm';
import {
  ADD_MESSAGE,
  BATCH_WORKFLOW,
  batchWorkflowIdOf,
  parseBatchId,
  StoryreelError,
  type AddRequest,
  type BatchId,
  type BatchInput,
  type BatchItem,
  type ProjectId,
  type ProjectStatus,
  type StoryPriority,
} from '../protocol';
import { batchedProjects, enlist, type BatchedProject } from './batch-rows';
import type { NewProject } from './new-project';

/** A new project or one that is there. */
export type BatchInputProject = ProjectId | (NewProject & { readonly priority?: StoryPriority });

export interface BatchOptions {
  /** How many projects are worked on at once; one that waits for a person does not count. Default 3. */
  readonly atMost?: number;
  /** Letters, digits, dots, dashes and underscores. The same id again goes on with that batch. Default: a random one. */
  readonly batchId?: string;
  /** Makes everything again, also what has not changed, and also of projects that are completed. */
  readonly force?: boolean;
  /** As in `StartOptions`. */
  readonly onFailure?: 'park' | 'fail';
  /** Of the projects that this call names and that say none themselves. */
  readonly priority?: StoryPriority;
}

export interface StartedBatch {
  readonly batchId: BatchId;
  readonly workflowId: string;
  /** One for each project that was given, in that order. */
  readonly projectIds: readonly ProjectId[];
}

/** Where a batch stands, as Postgres has it. */
export interface BatchView {
  readonly batchId: BatchId;
  readonly workflowId: string;
  /** False: nothing takes the queued projects; the same batch, started again, goes on. */
  readonly running: boolean;
  readonly counts: Readonly<Partial<Record<ProjectStatus, number>>>;
  readonly projects: readonly BatchedProject[];
}

const LOOK_MS = 500;
/** How long a batch may take to end all its stories before a new one of its name is refused. */
const ENDING_MS = 30_000;
/** A batch that ends while it is told to go on is started again; it cannot end each time. */
const TRIES = 5;

/** Starts, joins, shows and cancels batches. */
export class Batches {
  constructor(
    private readonly dataSource: DataSource,
    private readonly temporal: Client,
    private readonly taskQueue: string,
  ) {}

  async start(inputs: readonly BatchInputProject[], options: BatchOptions): Promise<StartedBatch> {
    const { atMost = 3, force = false, onFailure, priority } = options;
    const batchId = checkedId(options.batchId ?? randomUUID().slice(0, 8));
    const workflowId = batchWorkflowIdOf(batchId);
    if (!Number.isInteger(atMost) || atMost < 1) {
      throw new StoryreelError('Project.Invalid', 'How many projects may run at once must be a whole number from 1.');
    }
    await this.whileEnding(batchId);
    if (force && (await this.isRunning(batchId))) {
      throw new StoryreelError('Project.AlreadyRunning', `Batch ${batchId} is running: cancel it, then use force.`);
    }
    const { given, projects } = await enlist(this.dataSource, batchId, inputs, { all: force });
    if (projects.length === 0) throw notFound(batchId);
    const served = new Map(given.map((id, i) => [id, priorityIn(inputs[i]) ?? priority]));
    const unfinished = projects.filter(({ status }) => status !== 'completed');
    const items = unfinished.map(({ projectId, owner }): BatchItem => {
      const own = served.get(projectId);
      return { projectId, ...(owner !== undefined && { owner }), ...(own !== undefined && { priority: own }) };
    });
    if (items.length > 0) {
      const story = { ...(force && { force }), ...(onFailure && { onFailure }) };
      await this.run(workflowId, { batchId, projects: items, atMost, story });
    }
    return { batchId, workflowId, projectIds: given };
  }

  /** Throws `Batch.NotFound`. */
  async status(id: string): Promise<BatchView> {
    const batchId = checkedId(id);
    // In this order: what has ended before the rows are read is in the rows.
    const running = await this.isRunning(batchId);
    const projects = await batchedProjects(this.dataSource.manager, batchId);
    if (projects.length === 0) throw notFound(batchId);
    const counts: Partial<Record<ProjectStatus, number>> = {};
    for (const { status } of projects) counts[status] = (counts[status] ?? 0) + 1;
    return { batchId, workflowId: batchWorkflowIdOf(batchId), running, counts, projects };
  }

  /** Where it stands now and at each change, until it runs no more. Ends quietly when the signal says so. */
  async *watch(id: string, signal?: AbortSignal): AsyncGenerator<BatchView, void, undefined> {
    let last = '';
    while (!signal?.aborted) {
      const view = await this.status(id);
      const now = JSON.stringify(view);
      if (now !== last) yield view;
      last = now;
      if (!view.running) return;
      await sleep(LOOK_MS, undefined, { ...(signal && { signal }) }).catch(() => undefined);
    }
  }

  /** Resolves false where none was running. Throws `Batch.NotFound`. */
  async cancel(id: string): Promise<boolean> {
    const { batchId, running } = await this.status(id);
    if (!running) return false;
    try {
      await this.temporal.workflow.getHandle(batchWorkflowIdOf(batchId)).cancel();
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  /** Starts the workflow, or tells the one that runs what there is to do. */
  private async run(workflowId: string, input: BatchInput): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.temporal.workflow.start(BATCH_WORKFLOW, {
          workflowId,
          taskQueue: this.taskQueue,
          args: [input],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          staticSummary: `batch of ${input.projects.length} projects`,
        });
        return;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
      try {
        const handle = this.temporal.workflow.getHandle(workflowId);
        await handle.signal<[AddRequest]>(ADD_MESSAGE, { projects: input.projects });
        return;
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError) || tries === TRIES) throw error;
      }
    }
  }

  /** A batch that is being cancelled takes nothing more: the next one begins when it has ended. */
  private async whileEnding(batchId: BatchId): Promise<void> {
    for (const deadline = Date.now() + ENDING_MS; await this.isEnding(batchId); await sleep(LOOK_MS)) {
      if (Date.now() < deadline) continue;
      throw new StoryreelError('Project.AlreadyRunning', `Batch ${batchId} is still being cancelled. Try again later.`);
    }
  }

  private async isEnding(batchId: BatchId): Promise<boolean> {
    try {
      const { status, raw } = await this.temporal.workflow.getHandle(batchWorkflowIdOf(batchId)).describe();
      return status.name === 'RUNNING' && raw.workflowExtendedInfo?.cancelRequested === true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  private async isRunning(batchId: BatchId): Promise<boolean> {
    try {
      const { status } = await this.temporal.workflow.getHandle(batchWorkflowIdOf(batchId)).describe();
      return status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }
}

function priorityIn(input: BatchInputProject | undefined): StoryPriority | undefined {
  return typeof input === 'object' ? input.priority : undefined;
}

function checkedId(id: string): BatchId {
  const batchId = parseBatchId(id);
  if (batchId) return batchId;
  throw new StoryreelError(
    'Project.Invalid',
    'The name of a batch has letters, digits, dots, dashes and underscores, at most 100, and begins with a letter or digit.',
  );
}

function notFound(batchId: BatchId): StoryreelError {
  return new StoryreelError('Batch.NotFound', `There is no batch ${batchId}, or no project was given for it.`);
}
