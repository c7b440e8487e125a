import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  CancelledFailure,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  patched,
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
import { closeQueued, closeRun, closeStory, storyStates } from './activity-options';
import type { BatchTable } from './batch-table';
import { isBatchedStatus } from './step-results';

/** Polling intervals for stories that are no children of this run: some work; all wait for a person; the batch ends. */
const POLL_INTERVALS = { working: '5 seconds', waiting: '1 minute', ending: '500 milliseconds' } as const;
const CLOSED_AT_ONCE = 100;
const CANCELLED_AT_ONCE = 100;
/** The most stories in one step, and in one poll. The other stories follow at the next poll. */
const POLLED_AT_ONCE = 100;
const MAX_IN_A_POLL = 500;

/** Batches of the first release waited until nothing was starting before they cancelled anything. */
const CANCELS_AT_ONCE = 'batch-cancels-at-once';

/** The stories of a batch: starts them in their order as there are places, and sees each to its end. */
export class BatchStories {
  /** Stories that this run of the workflow has not started: it polls them, because it cannot await them. */
  private readonly followed: Set<ProjectId>;
  /** The polled stories that were asked to end. */
  private readonly askedToEnd = new Set<ProjectId>();
  /** Outside the scope of the workflow: a child that is being started is cancelled after it has started. */
  private readonly children = CancellationScope.nonCancellable(async () => new CancellationScope());
  /** The scopes of children that have started and have not ended. */
  private readonly running = new Set<CancellationScope>();
  private readonly ends: Promise<void>[] = [];
  private starting = 0;
  private stopping = false;
  private polling = false;
  /** The position of the next poll among the followed stories. */
  private pollFrom = 0;

  constructor(
    private readonly story: BatchInput['story'],
    private readonly table: BatchTable,
  ) {
    this.followed = new Set(table.open);
  }

  /**
   * Resolves with false if every project has ended, and with true if the history is long and the next run must
   * continue.
   */
  async all(): Promise<boolean> {
    const scope = await this.children;
    if (this.followed.size > 0) this.poll();
    for (;;) {
      if (workflowInfo().continueAsNewSuggested) {
        await condition(() => this.starting === 0);
        return true;
      }
      // A cancellation before the first project starts must not wait.
      if (CancellationScope.current().consideredCancelled && patched(CANCELS_AT_ONCE)) {
        throw new CancelledFailure('The batch was cancelled.');
      }
      const next = this.table.take();
      if (next) this.ends.push(scope.run(() => this.run(next)));
      else if (this.table.isOver) return false;
      else await condition(() => this.table.canTake || this.table.isOver || workflowInfo().continueAsNewSuggested);
    }
  }

  /**
   * Cancels every story that runs, and those that are just starting as soon as they have started. Waits until each has ended;
   * what had no turn yet is closed as cancelled, too.
   */
  async cancel(): Promise<void> {
    const atOnce = patched(CANCELS_AT_ONCE);
    if (!atOnce) await condition(() => this.starting === 0);
    this.stopping = true;
    for (const child of this.running) child.cancel();
    await this.cancelFollowed(atOnce);
    await Promise.all(this.ends);
    while (this.followed.size > 0) {
      await this.pollOnce();
      if (this.followed.size === 0) break;
      if (atOnce) await this.cancelFollowed(atOnce);
      await sleep(POLL_INTERVALS.ending);
    }
    const queued = this.table.queued;
    for (const projectIds of chunksOf(queued, CLOSED_AT_ONCE)) {
      await closeQueued({ projectIds }).catch(() => undefined);
    }
    for (const id of queued) this.table.set(id, 'cancelled');
  }

  private async cancelFollowed(atOnce: boolean): Promise<void> {
    const others = [...this.followed].filter((id) => !this.askedToEnd.has(id));
    for (const ids of atOnce ? chunksOf(others, CANCELLED_AT_ONCE) : others.map((id) => [id])) {
      await Promise.all(
        ids.map((id) => {
          this.askedToEnd.add(id);
          return getExternalWorkflowHandle(workflowIdOf(id))
            .cancel()
            .catch(() => undefined);
        }),
      );
    }
  }

  private async run({ projectId, ...item }: BatchItem): Promise<void> {
    const input: StoryInput = { ...this.story, projectId };
    const own = new CancellationScope();
    this.starting += 1;
    try {
      const child = await own
        .run(() =>
          startChild(STORY_WORKFLOW, {
            workflowId: workflowIdOf(projectId),
            args: [input],
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            parentClosePolicy: ParentClosePolicy.ABANDON,
            cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
            priority: priorityOf(item),
            staticSummary: `story of ${projectId}`,
          }),
        )
        .finally(() => (this.starting -= 1));
      this.running.add(own);
      if (this.stopping) own.cancel();
      await child.result();
      await this.ended(projectId, 'completed');
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) this.follow(projectId);
      else await this.ended(projectId, endOf(error as Error));
    } finally {
      this.running.delete(own);
    }
  }

  /** The rows of a story that was ended from outside still show it as running, unless somebody has started it again. */
  private async ended(projectId: ProjectId, state: StoryState): Promise<void> {
    if (state !== 'terminated') return this.table.set(projectId, state);
    if (!patched('closes-what-has-ended')) return this.closedBlindly(projectId);
    const status = await CancellationScope.nonCancellable(() => closeStory({ projectId })).catch(
      () => 'failed' as const,
    );
    // A person may complete a step by hand with any value. The next poll then reads the status of the story.
    if (isBatchedStatus(status)) this.table.set(projectId, status);
    if (!isFinal(status)) this.follow(projectId);
  }

  /** Ends a project as batches of the first release did. */
  private async closedBlindly(projectId: ProjectId): Promise<void> {
    const { runId } = workflowInfo();
    const error = { type: 'Internal', message: 'The run was terminated.', retryable: false } as const;
    await CancellationScope.nonCancellable(() =>
      closeRun({ projectId, runId, outcome: 'failed', error, announce: true }),
    ).catch(() => undefined);
    this.table.set(projectId, 'failed');
  }

  private follow(projectId: ProjectId): void {
    this.followed.add(projectId);
    this.askedToEnd.delete(projectId);
    const isPolled = this.polling || this.stopping;
    if (!isPolled || (this.followed.size === 1 && !patched('looks-once'))) this.poll();
  }

  private poll(): void {
    this.polling = true;
    const all = async () => {
      try {
        while (this.followed.size > 0) {
          await this.pollOnce();
          if (this.followed.size > 0)
            await sleep(this.table.isWorking ? POLL_INTERVALS.working : POLL_INTERVALS.waiting);
        }
      } finally {
        this.polling = false;
      }
    };
    // When the batch is cancelled, this ends; `cancel` polls from then on.
    all().catch(() => undefined);
  }

  /** Polls once the stories whose turn it is. */
  private async pollOnce(): Promise<void> {
    const all = [...this.followed];
    const inSteps = all.length > POLLED_AT_ONCE && patched('looks-in-steps');
    const steps = inSteps ? chunksOf(this.nextTurn(all), POLLED_AT_ONCE) : [all];
    await Promise.all(steps.map((projectIds) => this.pollSome(projectIds)));
  }

  private nextTurn(all: readonly ProjectId[]): readonly ProjectId[] {
    const from = this.pollFrom < all.length ? this.pollFrom : 0;
    this.pollFrom = from + MAX_IN_A_POLL;
    return all.slice(from, this.pollFrom);
  }

  private async pollSome(projectIds: readonly ProjectId[]): Promise<void> {
    const given: unknown = await storyStates({ projectIds }).catch((error: unknown) => {
      if (isCancellation(error)) throw error;
      return [];
    });
    const states: readonly unknown[] = Array.isArray(given) ? given : [];
    for (const [i, projectId] of projectIds.entries()) {
      const state = states[i];
      if (state !== 'terminated' && !isBatchedStatus(state)) continue;
      if (state === 'queued') {
        // The run that was in the way of its own has ended.
        this.followed.delete(projectId);
        this.table.again(projectId);
      } else if (state === 'terminated' || isFinal(state)) {
        this.followed.delete(projectId);
        await this.ended(projectId, state);
      } else this.table.set(projectId, state);
    }
  }
}

function chunksOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

function endOf(error: Error): StoryState {
  if (isCancellation(error)) return 'cancelled';
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  return cause instanceof TerminatedFailure || cause instanceof TimeoutFailure ? 'terminated' : 'failed';
}
