import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import {
  ADD_MESSAGE,
  BATCH_WORKFLOW,
  batchWorkflowIdOf,
  defined,
  StoryreelError,
  type AddRequest,
  type BatchId,
  type BatchInput,
} from '../../protocol';
import { briefly, liveWorkflow, undefinedIfNotFound } from '../runs/live-workflow';

export type BatchScope = Pick<NonNullable<BatchInput['story']>, 'stages' | 'gates'>;

const POLL_MS = 500;
/** How long a batch may take to end all its stories before a new one of its name is refused. */
const ENDING_MS = 30_000;
/** A batch that ends while it gets more projects is started again. It will not end each time. */
const TRIES = 5;

/** The workflows of batches, as Temporal has them. */
export class BatchRuns {
  constructor(
    private readonly temporal: Client,
    private readonly taskQueue: string,
  ) {}

  /** Starts the workflow, or signals the running one that there is more to do. */
  async startOrAdd(input: BatchInput): Promise<void> {
    const workflowId = batchWorkflowIdOf(input.batchId);
    const { stages, gates } = input.story ?? {};
    for (let tries = 1; ; tries += 1) {
      try {
        await briefly(this.temporal, () =>
          this.temporal.workflow.start(BATCH_WORKFLOW, {
            workflowId,
            taskQueue: this.taskQueue,
            args: [input],
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            workflowIdConflictPolicy: 'FAIL',
            staticSummary: `batch of ${input.projects.length} projects`,
            memo: defined({ stages, gates }),
          }),
        );
        return;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
      try {
        const handle = this.temporal.workflow.getHandle(workflowId);
        await briefly(this.temporal, () => handle.signal<[AddRequest]>(ADD_MESSAGE, { projects: input.projects }));
        return;
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError) || tries === TRIES) throw error;
      }
    }
  }

  async isRunning(batchId: BatchId): Promise<boolean> {
    return (await this.live(batchId)) !== undefined;
  }

  /**
   * Resolves with true if the batch runs and accepts more projects. A batch that is being cancelled accepts none; the
   * next one begins after its end. Throws `Project.AlreadyRunning` if that takes too long. It throws the same if the
   * batch produces other stages than the call asks for: nobody may pay for more than they asked for.
   */
  async canTake(batchId: BatchId, { stages, gates }: BatchScope): Promise<boolean> {
    for (const deadline = performance.now() + ENDING_MS; ; await sleep(POLL_MS)) {
      const run = await this.live(batchId);
      if (!run) return false;
      if (run.raw.workflowExtendedInfo?.cancelRequested !== true) {
        const isOther = (own: unknown, asked: unknown) => asked !== undefined && !isDeepStrictEqual(own, asked);
        if (!isOther(run.memo?.['stages'], stages) && !isOther(run.memo?.['gates'], gates)) return true;
        throw new StoryreelError(
          'Project.AlreadyRunning',
          `Batch ${batchId} is running with other stages or gates: wait for its end or cancel it, then start it with these.`,
        );
      }
      if (performance.now() < deadline) continue;
      throw new StoryreelError('Project.AlreadyRunning', `Batch ${batchId} is still being cancelled. Try again later.`);
    }
  }

  /** Resolves with false if no batch was running. */
  async cancel(batchId: BatchId): Promise<boolean> {
    const handle = this.temporal.workflow.getHandle(batchWorkflowIdOf(batchId));
    return (await undefinedIfNotFound(briefly(this.temporal, () => handle.cancel()))) !== undefined;
  }

  private live(batchId: BatchId): Promise<WorkflowExecutionDescription | undefined> {
    return liveWorkflow(this.temporal, batchWorkflowIdOf(batchId));
  }
}
