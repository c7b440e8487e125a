import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { DataSource } from 'typeorm';
import { checkNamed } from '../planning';
import {
  batchWorkflowIdOf,
  parseBatchId,
  STAGES,
  StoryreelError,
  type BatchId,
  type BatchItem,
  type ProjectId,
  type ProjectStatus,
  type StageName,
  type StoryPriority,
} from '../protocol';
import { batchedProjects, enlist, type BatchedProject } from './batch-rows';
import { BatchRuns } from './batch-runs';
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
  /**
   * Only these stages of each film; default: all. The same batch without them, when it has ended, makes the others. A batch
   * that is running keeps its own, and `gates`, too: a call without them joins it, one with others is refused.
   */
  readonly stages?: readonly StageName[];
  /** Stages after which each film waits for `approve`; its place goes to the next one meanwhile. */
  readonly gates?: readonly StageName[];
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

/** Starts, joins, shows and cancels batches. */
export class Batches {
  private readonly runs: BatchRuns;

  constructor(
    private readonly dataSource: DataSource,
    temporal: Client,
    taskQueue: string,
  ) {
    this.runs = new BatchRuns(temporal, taskQueue);
  }

  async start(inputs: readonly BatchInputProject[], options: BatchOptions): Promise<StartedBatch> {
    const { atMost = 3, force = false, onFailure, priority, stages, gates } = options;
    const batchId = checkedId(options.batchId ?? randomUUID().slice(0, 8));
    if (!Number.isInteger(atMost) || atMost < 1) {
      throw new StoryreelError('Project.Invalid', 'How many projects may run at once must be a whole number from 1.');
    }
    checkNamed({ ...(stages && { stages }) });
    const scope = { ...(stages && { stages }), ...(gates && { gates }) };
    const isRunning = await this.runs.canTake(batchId, scope);
    if (force && isRunning) {
      throw new StoryreelError('Project.AlreadyRunning', `Batch ${batchId} is running: cancel it, then use force.`);
    }
    const again = force ? 'all' : isRunning ? [] : (stages ?? STAGES.map(({ name }) => name));
    const { given, projects } = await enlist(this.dataSource, batchId, inputs, again);
    if (projects.length === 0) throw notFound(batchId);
    const served = new Map(given.map((id, i) => [id, priorityIn(inputs[i]) ?? priority]));
    const unfinished = projects.filter(({ status }) => status !== 'completed');
    const items = unfinished.map(({ projectId, owner }): BatchItem => {
      const own = served.get(projectId);
      return { projectId, ...(owner !== undefined && { owner }), ...(own !== undefined && { priority: own }) };
    });
    if (items.length > 0) {
      const story = { ...scope, ...(force && { force }), ...(onFailure && { onFailure }) };
      await this.runs.startOrAdd({ batchId, projects: items, atMost, story });
    }
    return { batchId, workflowId: batchWorkflowIdOf(batchId), projectIds: given };
  }

  /** Throws `Batch.NotFound`. */
  async status(id: string): Promise<BatchView> {
    const batchId = checkedId(id);
    // In this order: what has ended before the rows are read is in the rows.
    const running = await this.runs.isRunning(batchId);
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
    return running && this.runs.cancel(batchId);
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
