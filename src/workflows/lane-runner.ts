import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
} from '@temporalio/workflow';
import type { EventError, LaneId, LaneKind, LaneResult, ProjectId } from '../protocol';
import { announceLane, MOST_ATTEMPTS, parkLane } from './activity-options';
import { runLaneThroughDeploys } from './lane-handover';
import type { LaneTable } from './lane-table';

export interface LaneRunnerOptions {
  readonly projectId: ProjectId;
  readonly runId: string;
  readonly table: LaneTable;
  readonly onFailure: 'park' | 'fail';
  /** Results settled under an older fence are made again. */
  readonly madeSince?: number;
}

/** Runs single lanes: by an activity that retries within bounds, then by waiting for a person. */
export class LaneRunner {
  private running = 0;
  private draining = false;
  private telling = 0;

  constructor(private readonly options: LaneRunnerOptions) {}

  /** Nothing is under way: no lane, and no word to viewers. Lanes that wait for a person do not count. */
  get idle(): boolean {
    return this.running === 0 && this.telling === 0;
  }

  get stopped(): boolean {
    return this.running === 0;
  }

  get toldAll(): boolean {
    return this.telling === 0;
  }

  /** From now on no lane begins; those under way end. */
  drain(): void {
    this.draining = true;
  }

  /**
   * Resolves when the lane is settled, however often a person had to retry it. Rejects when the run is cancelled and,
   * where failures end the run, with the lane's failure. `onParked` is called when it begins to wait for a person.
   */
  async run(kind: LaneKind, lane: LaneId, onParked: () => void): Promise<LaneResult> {
    const { table } = this.options;
    for (;;) {
      if (table.status(lane) === 'needs_attention') {
        onParked();
        await condition(() => table.status(lane) !== 'needs_attention');
      }
      await condition(() => !this.draining);
      const failure = await this.attempt(kind, lane);
      if (failure.result) return failure.result;
      if (this.options.onFailure === 'fail') {
        table.set(lane, 'failed', failure.error);
        throw ApplicationFailure.nonRetryable(`${lane}: ${failure.error.message}`, failure.error.type);
      }
      table.set(lane, 'needs_attention', failure.error);
      await this.park(lane, failure.error);
    }
  }

  private async attempt(
    kind: LaneKind,
    lane: LaneId,
  ): Promise<{ result: LaneResult; error?: never } | { result?: never; error: EventError }> {
    const { table, projectId, runId, madeSince } = this.options;
    table.set(lane, 'processing');
    this.running += 1;
    try {
      const result = await runLaneThroughDeploys(kind, {
        projectId,
        lane,
        runId,
        ...(madeSince !== undefined && { madeSince }),
      });
      table.set(lane, 'completed');
      if (!result.announced) this.tellLater(lane);
      return { result };
    } catch (error) {
      if (isCancellation(error)) {
        table.set(lane, 'cancelled');
        throw error;
      }
      return { error: eventErrorOf(error) };
    } finally {
      this.running -= 1;
    }
  }

  /** Always to its end: the end of the run, or the next one of the workflow, comes after it. */
  private async park(lane: LaneId, error: EventError): Promise<void> {
    const { projectId } = this.options;
    this.running += 1;
    try {
      const attempts = error.retryable ? MOST_ATTEMPTS : 1;
      await CancellationScope.nonCancellable(() => parkLane({ projectId, lane, error, attempts }));
    } finally {
      this.running -= 1;
    }
  }

  /** Viewers could not be told now. Telling them is a step of its own, which no other lane waits for. */
  private tellLater(lane: LaneId): void {
    this.telling += 1;
    const { projectId, runId } = this.options;
    announceLane({ projectId, lane, runId })
      .catch(() => undefined)
      .finally(() => (this.telling -= 1));
  }
}

/** The failure that an activity left with, as its classifier named it, or a time-out in the same words. */
export function eventErrorOf(error: unknown): EventError {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const details = cause.details?.[0] as { issues?: readonly string[] } | undefined;
    return {
      type: cause.type ?? 'Internal',
      message: cause.message,
      retryable: cause.nonRetryable !== true,
      ...(details?.issues && { issues: details.issues }),
    };
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return { type: 'Internal', message: `No worker finished the work: ${message}`, retryable: true };
}
