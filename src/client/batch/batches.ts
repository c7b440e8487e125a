import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { DataSource } from 'typeorm';
import { checkNamed, knownStages, type PlanSource } from '../../planning';
import {
  batchWorkflowIdOf,
  checkStages,
  defined,
  fairnessKeyOf,
  StoryreelError,
  type BatchId,
  type BatchItem,
  type LaneId,
  type ProjectId,
  type ProjectStatus,
  type StageName,
  type StoryPriority,
} from '../../protocol';
import { readBatchId } from '../../protocol/viewer';
import { batchedProjects, upsertBatchProjects, handWrittenAmong, type BatchedProject } from './batch-rows';
import { BatchRuns } from './batch-runs';
import { editsAtStake, wouldReplace } from '../projects/edits-at-stake';
import { readInput, type Checked } from '../inputs';
import type { NewProject } from '../projects/new-project';

/** A new project or one that is there. */
export type BatchInputProject = ProjectId | (NewProject & { readonly priority?: StoryPriority });

/** How a batch is made. */
export interface BatchOptions {
  /** How many projects are worked on at once; one that waits for a person does not count. Default 3. */
  readonly atMost?: number;
  /** Letters, digits, dots, dashes and underscores. A known id continues that batch. Default: a random id. */
  readonly batchId?: string;
  /** Makes everything again, also what has not changed, and also of projects that are completed. */
  readonly force?: boolean;
  /** As in `StartOptions`. */
  readonly replaceEdits?: boolean;
  /** As in `StartOptions`. */
  readonly keepSettings?: boolean;
  readonly onFailure?: 'park' | 'fail';
  /**
   * Only these stages of each film; default: all. The same batch without them, when it has ended, makes the others. A batch
   * that is running keeps its own, and `gates`, too: a call without them joins it, one with others is refused.
   */
  readonly stages?: readonly StageName[];
  /** Stages after which each film waits for `approve`; its place goes to the next one meanwhile. */
  readonly gates?: readonly StageName[];
  /** The priority of the given projects that set none themselves. */
  readonly priority?: StoryPriority;
}

/** A batch that was started, or that was continued. */
export interface StartedBatch {
  readonly batchId: BatchId;
  readonly workflowId: string;
  /** One for each project that was given, in that order. */
  readonly projectIds: readonly ProjectId[];
}

/** The status of a batch, as Postgres has it. */
export interface BatchView {
  readonly batchId: BatchId;
  readonly workflowId: string;
  /** If false, no workflow takes the queued projects; starting the same batch again continues it. */
  readonly running: boolean;
  readonly counts: Readonly<Partial<Record<ProjectStatus, number>>>;
  readonly projects: readonly BatchedProject[];
}

/** Starts, joins, shows and cancels batches. */
export class Batches {
  private readonly runs: BatchRuns;
  private readonly dataSource: DataSource;

  constructor(
    private readonly source: PlanSource & { readonly dataSource: DataSource },
    temporal: Client,
    taskQueue: string,
  ) {
    this.dataSource = source.dataSource;
    this.runs = new BatchRuns(temporal, taskQueue);
  }

  async start(given: unknown, options: unknown): Promise<StartedBatch> {
    const inputs = readInput('the batch', given).map(projectIn);
    const checked = readInput('the options of the batch', options);
    const { atMost = 3, force = false, keepSettings, onFailure, priority, stages, gates } = checked;
    if (inputs.length === 0 && checked.batchId === undefined) {
      throw new StoryreelError(
        'Project.Invalid',
        'No project was given. Give topics or ids, or the batchId to continue.',
      );
    }
    const batchId = checked.batchId ?? readBatchId(randomUUID().slice(0, 8));
    const known = await knownStages(this.source);
    checkNamed(known, defined({ stages }));
    checkStages(known, gates);
    const scope = defined({ stages, gates });
    const isRunning = await this.runs.canTake(batchId, scope);
    if (force && isRunning) {
      throw new StoryreelError('Project.AlreadyRunning', `Batch ${batchId} is running: cancel it, then use force.`);
    }
    const again = force ? 'all' : isRunning ? [] : (stages ?? known.map(({ name }) => name));
    if (!checked.replaceEdits)
      await this.refuseToReplace(batchId, inputs, again, { force, ...defined({ keepSettings, stages }) });
    const { given: ids, projects } = await upsertBatchProjects(this.dataSource, batchId, inputs, again);
    if (projects.length === 0) throw notFound(batchId);
    const served = new Map(ids.map((id, i) => [id, priorityIn(inputs[i]) ?? priority]));
    const unfinished = projects.filter(({ status }) => status !== 'completed');
    const items = unfinished.map(({ projectId, owner }): BatchItem => {
      const own = served.get(projectId);
      return { projectId, ...(owner !== undefined && { owner: fairnessKeyOf(owner) }), ...defined({ priority: own }) };
    });
    if (items.length > 0) {
      const story = {
        ...scope,
        ...(force && { force }),
        ...(keepSettings && { keepSettings }),
        ...(onFailure && { onFailure }),
      };
      await this.runs.startOrAdd({ batchId, projects: items, atMost, story });
    }
    return { batchId, workflowId: batchWorkflowIdOf(batchId), projectIds: ids };
  }

  /** Throws `Project.WouldReplaceEdits` if a run of the batch would replace a person's texts. */
  private async refuseToReplace(
    batchId: BatchId,
    inputs: readonly CheckedInput[],
    again: readonly StageName[] | 'all',
    options: Pick<BatchOptions, 'force' | 'keepSettings' | 'stages'>,
  ): Promise<void> {
    const named = inputs.filter((input): input is ProjectId => typeof input === 'string');
    const found: { projectId: ProjectId; lanes: readonly LaneId[] }[] = [];
    for (const projectId of await handWrittenAmong(this.dataSource.manager, batchId, named, again)) {
      const lanes = await editsAtStake(this.source, projectId, options);
      if (lanes.length > 0) found.push({ projectId, lanes });
    }
    if (found.length > 0) throw wouldReplace('batch', found);
  }

  /** Throws `Batch.NotFound`. */
  async status(batchId: BatchId): Promise<BatchView> {
    // In this order: what has ended before the rows are read is in the rows.
    const running = await this.runs.isRunning(batchId);
    const projects = await batchedProjects(this.dataSource.manager, batchId);
    if (projects.length === 0) throw notFound(batchId);
    const counts: Partial<Record<ProjectStatus, number>> = {};
    for (const { status } of projects) counts[status] = (counts[status] ?? 0) + 1;
    return { batchId, workflowId: batchWorkflowIdOf(batchId), running, counts, projects };
  }

  /** Resolves with false if no batch was running. Throws `Batch.NotFound`. */
  async cancel(batchId: BatchId): Promise<boolean> {
    const { running } = await this.status(batchId);
    return running && this.runs.cancel(batchId);
  }
}

type CheckedInput = ProjectId | Checked<'a project of the batch'>;

/** Throws the error of the project with this number. */
function projectIn(given: unknown, i: number): CheckedInput {
  try {
    return typeof given === 'string' ? readInput('the project id', given) : readInput('a project of the batch', given);
  } catch (error) {
    const { type, message } = error as StoryreelError;
    throw new StoryreelError(type, `Project ${i + 1} of the batch: ${message}`, { cause: error });
  }
}

function priorityIn(input: CheckedInput | undefined): StoryPriority | undefined {
  return typeof input === 'object' ? input.priority : undefined;
}

function notFound(batchId: BatchId): StoryreelError {
  return new StoryreelError('Batch.NotFound', `There is no batch ${batchId}, or no project was given for it.`);
}
