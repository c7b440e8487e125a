import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  sleep,
  startChild,
  TerminatedFailure,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import {
  isFinal,
  priorityOf,
  STORY_WORKFLOW,
  workflowIdOf,
  type BatchInput,
  type BatchItem,
  type ProjectId,
  type StoryInput,
  type StoryState,
} from '../protocol';
import { closeQueued, closeRun, storyStates } from './activity-options';
import type { BatchTable } from './batch-table';

/** How often Temporal is asked of stories that are no children of this run: some work, or all wait for a person. */
const LOOK = { working: '5 seconds', waiting: '1 minute', ending: '500 milliseconds' } as const;
const CLOSED_AT_ONCE = 100;

/** The stories of a batch: starts them in their order as there are places, and sees each to its end. */
export class BatchStories {
  /** Runs under way before this run of the workflow, or started by somebody else: they are looked at, not awaited. */
  private readonly followed: Set<ProjectId>;
  /** Not in the scope of the workflow: a child that is being started is cancelled when it has started, not half-way. */
  private readonly children = CancellationScope.nonCancellable(async () => new CancellationScope());
  private readonly ends: Promise<void>[] = [];
  private starting = 0;

  constructor(
    private readonly story: BatchInput['story'],
    private readonly table: BatchTable,
  ) {
    this.followed = new Set(table.open);
  }

  /** Resolves when every project has ended; true instead when the history is long and the next run must go on. */
  async all(): Promise<boolean> {
    const scope = await this.children;
    if (this.followed.size > 0) this.look();
    for (;;) {
      if (workflowInfo().continueAsNewSuggested) {
        await condition(() => this.starting === 0);
        return true;
      }
      const next = this.table.take();
      if (next) this.ends.push(scope.run(() => this.run(next)));
      else if (this.table.isOver) return false;
      else await condition(() => this.table.canTake || this.table.isOver || workflowInfo().continueAsNewSuggested);
    }
  }

  /** Cancels every story and waits until each has ended; what had no turn yet is closed as cancelled, too. */
  async cancel(): Promise<void> {
    await condition(() => this.starting === 0);
    (await this.children).cancel();
    for (const id of this.followed) {
      await getExternalWorkflowHandle(workflowIdOf(id))
        .cancel()
        .catch(() => undefined);
    }
    await Promise.all(this.ends);
    while (await this.lookOnce()) await sleep(LOOK.ending);
    const queued = this.table.queued;
    for (let i = 0; i < queued.length; i += CLOSED_AT_ONCE) {
      await closeQueued({ projectIds: queued.slice(i, i + CLOSED_AT_ONCE) });
    }
    for (const id of queued) this.table.set(id, 'cancelled');
  }

  private async run({ projectId, ...item }: BatchItem): Promise<void> {
    const input: StoryInput = { ...this.story, projectId };
    this.starting += 1;
    try {
      const child = await startChild(STORY_WORKFLOW, {
        workflowId: workflowIdOf(projectId),
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        priority: priorityOf(item),
        staticSummary: `story of ${projectId}`,
      }).finally(() => (this.starting -= 1));
      await child.result();
      await this.ended(projectId, 'completed');
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) this.follow(projectId);
      else await this.ended(projectId, endOf(error as Error));
    }
  }

  /** A story that was ended from outside has left rows that say otherwise. */
  private async ended(projectId: ProjectId, state: StoryState): Promise<void> {
    if (state !== 'terminated') return this.table.set(projectId, state);
    const { runId } = workflowInfo();
    const error = { type: 'Internal', message: 'The run was terminated.', retryable: false };
    await CancellationScope.nonCancellable(() =>
      closeRun({ projectId, runId, outcome: 'failed', error, announce: true }),
    ).catch(() => undefined);
    this.table.set(projectId, 'failed');
  }

  private follow(projectId: ProjectId): void {
    this.followed.add(projectId);
    if (this.followed.size === 1) this.look();
  }

  private look(): void {
    const all = async () => {
      while (await this.lookOnce()) await sleep(this.table.isWorking ? LOOK.working : LOOK.waiting);
    };
    // When the batch is cancelled, this ends; `cancel` looks from then on.
    all().catch(() => undefined);
  }

  /** False when there is nothing left to look at. */
  private async lookOnce(): Promise<boolean> {
    const projectIds = [...this.followed];
    if (projectIds.length === 0) return false;
    const states = await storyStates({ projectIds });
    for (const [i, projectId] of projectIds.entries()) {
      const state = states[i] ?? 'processing';
      if (state === 'terminated' || isFinal(state)) {
        this.followed.delete(projectId);
        await this.ended(projectId, state);
      } else this.table.set(projectId, state);
    }
    return this.followed.size > 0;
  }
}

function endOf(error: Error): StoryState {
  if (isCancellation(error)) return 'cancelled';
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  return cause instanceof TerminatedFailure || cause instanceof TimeoutFailure ? 'terminated' : 'failed';
}
