import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  patched,
  sleep,
} from '@temporalio/workflow';
import {
  boundedError,
  fenceOf,
  type EndedStep,
  type EventError,
  type LaneAddress,
  type LaneId,
  type LaneKind,
  type LaneResult,
  type LaneTask,
  type ProjectId,
  type StopRequest,
} from '../protocol';
import { parkLane, skipLane, stopLanes } from './activity-options';
import { EndAnnouncer } from './end-announcer';
import { runLaneThroughDeploys, storedResult } from './lane-activity';
import type { LaneTable } from './lane-table';
import { fieldsOf } from './read-input';
import { ENDED_BY_HAND, isResultOf } from './step-results';

export interface LaneRunnerOptions {
  readonly projectId: ProjectId;
  readonly runId: string;
  readonly table: LaneTable;
  readonly onFailure: 'park' | 'fail';
  /** Whether a lane failed because of an edit: the run then replans as soon as its running lanes have ended. */
  readonly needsReplan?: (error: EventError) => boolean;
}

/** Why a lane stops before its end: the run is paused, or a person wants this lane stopped or skipped. */
type Stop = 'paused' | 'cancelled' | 'skipped';

/** How long a step may still take after the run is cancelled. */
const STEP_TIMEOUT = '3 seconds';

const STOPPED_BY_A_PERSON: EventError = {
  type: 'Lane.Cancelled',
  message: 'A person stopped this lane.',
  retryable: false,
};

/** Runs single lanes: by an activity that retries within bounds, then by waiting for a person. */
export class LaneRunner {
  /** Results that were committed under a lower fence are produced again. */
  minResultFence: number | undefined;
  /** The workflow was reset to a point behind the opening of the run. */
  afterReset = false;
  private readonly attempts = new Map<LaneId, CancellationScope>();
  /** Lanes that are to stop, until their activity has ended. */
  private readonly stopping = new Set<LaneId>();
  /** Lanes that need attention and have not been announced yet. */
  private readonly unannounced = new Set<LaneId>();
  private readonly skips = new Map<LaneId, Promise<void>>();
  private readonly steps = new Set<CancellationScope>();
  private working = 0;
  private draining = false;
  /** The announcements that failed in the step that ended the lane. */
  readonly ends: EndAnnouncer;

  constructor(private readonly options: LaneRunnerOptions) {
    this.ends = new EndAnnouncer(options.table, options.runId);
  }

  /** No lane is under way. Lanes that wait for a person do not count. */
  get stopped(): boolean {
    return this.attempts.size === 0 && this.steps.size === 0 && this.working === 0;
  }

  /** Lanes that an activity works on. */
  get underWay(): LaneId[] {
    return [...this.attempts.keys()].filter((lane) => !this.stopping.has(lane));
  }

  /** An activity works on it, or has not ended yet though it is to stop. */
  isBusy(lane: LaneId): boolean {
    return this.attempts.has(lane);
  }

  /** From this call on no lane begins; running lanes end. */
  drain(): void {
    this.draining = true;
  }

  /** Stops lanes and keeps their texts. A lane that commits at the same moment stays committed. Returns the lanes. */
  stop(lanes: readonly LaneId[], why: Stop): readonly LaneId[] {
    const { table, projectId, runId } = this.options;
    for (const lane of lanes) {
      if (why === 'cancelled') this.unannounced.add(lane);
      table.set(lane, why, why === 'cancelled' ? STOPPED_BY_A_PERSON : undefined);
    }
    const running = lanes.filter((lane) => this.attempts.has(lane));
    if (running.length === 0) return lanes;
    for (const lane of running) {
      this.stopping.add(lane);
      this.attempts.get(lane)?.cancel();
    }
    broadcastStop({ projectId, runId, lanes: running, before: stopFence() });
    return lanes;
  }

  /**
   * Resolves when the lane is committed, after any number of retries by a person, or without a result if it is skipped.
   * Rejects if the run is cancelled. If failures end the run, it also rejects with the lane's failure. `onWait` is
   * called when the lane begins to wait for a person.
   */
  async run(kind: LaneKind, lane: LaneId, onWait: () => void): Promise<LaneResult | undefined> {
    const { table } = this.options;
    for (;;) {
      if (table.isWaiting(lane)) {
        if (this.unannounced.delete(lane)) await this.park(lane).catch(unlessRefused);
        onWait();
        await condition(() => !table.isWaiting(lane));
      }
      if (table.status(lane) === 'skipped') {
        await this.skip(lane);
        return undefined;
      }
      if (!(await this.mayBegin(lane))) continue;
      const { result, error } = await this.attempt(kind, lane);
      if (result) return result;
      if (!error) continue;
      if (this.options.needsReplan?.(error)) {
        table.set(lane, 'pending');
        await condition(() => this.draining);
        continue;
      }
      if (this.options.onFailure === 'fail') {
        table.set(lane, 'failed', error);
        throw ApplicationFailure.nonRetryable(`${lane}: ${error.message}`, error.type);
      }
      table.set(lane, 'needs_attention', error);
      this.unannounced.add(lane);
    }
  }

  /** Waits while the run is paused. Returns false if a person has meanwhile decided otherwise about the lane. */
  private async mayBegin(lane: LaneId): Promise<boolean> {
    const { table } = this.options;
    const isDecided = () => table.isWaiting(lane) || table.status(lane) === 'skipped';
    while (!isDecided() && (table.paused || this.draining)) {
      if (table.paused && table.status(lane) !== 'paused') table.set(lane, 'paused');
      await condition(() => isDecided() || !table.paused);
      await condition(() => isDecided() || !this.draining);
    }
    return !isDecided();
  }

  /** Runs one activity with its retries. Returns neither a result nor an error if a person stopped the lane. */
  private async attempt(kind: LaneKind, lane: LaneId): Promise<{ result?: LaneResult; error?: EventError }> {
    const { table, runId } = this.options;
    const { minResultFence, afterReset } = this;
    table.set(lane, 'processing');
    const scope = new CancellationScope();
    this.attempts.set(lane, scope);
    const task = {
      ...this.address(lane),
      ...scenesFor(kind, table),
      runId,
      ...(minResultFence !== undefined && { madeSince: minResultFence }),
      ...(afterReset && { afterReset }),
    };
    try {
      const given = await scope.run(() => runLaneThroughDeploys(kind, task));
      const isOurs = isResultOf(lane, table.plan, given);
      const result = isOurs ? given : await storedResult(this.address(lane), table.plan);
      this.unannounced.delete(lane);
      table.set(lane, 'completed');
      if (!result.announced) this.ends.announce(lane);
      return { result };
    } catch (error) {
      if (this.stopping.has(lane)) return {};
      if (isCancellation(error)) throw error;
      // The lane's worker died, or stopped, before it could report the cancellation.
      if (CancellationScope.current().consideredCancelled && patched('cancelled-lanes-are-not-parked')) {
        throw new CancelledFailure(`${lane} was cancelled`);
      }
      return { error: eventErrorOf(error) };
    } finally {
      this.attempts.delete(lane);
      this.stopping.delete(lane);
    }
  }

  private park(lane: LaneId): Promise<void> {
    const { runId, table } = this.options;
    const error = table.error(lane) ?? STOPPED_BY_A_PERSON;
    const as = table.status(lane) === 'cancelled' ? 'cancelled' : 'needs_attention';
    return this.end(lane, () => parkLane({ ...this.address(lane), runId, error, as }));
  }

  /** Stores the skip, also for a lane that has not begun yet. It runs once, because a skipped lane stays skipped. */
  skip(lane: LaneId): Promise<void> {
    let skipped = this.skips.get(lane);
    if (!skipped) {
      const { runId } = this.options;
      skipped = this.end(lane, () => skipLane({ ...this.address(lane), runId }));
      skipped.catch(() => undefined);
      this.skips.set(lane, skipped);
    }
    return skipped;
  }

  private address(lane: LaneId): LaneAddress {
    return this.options.table.addressOf(lane);
  }

  /** Work that the next run of the workflow, or the end of this one, must not overtake. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.working += 1;
    try {
      return await work();
    } finally {
      this.working -= 1;
    }
  }

  /** Always to its end, unless the run is cancelled: what comes next comes after it. */
  private async end(lane: LaneId, work: () => Promise<EndedStep | undefined>): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      const scope = new CancellationScope();
      this.steps.add(scope);
      const ended = await scope.run(work).finally(() => this.steps.delete(scope));
      if (ended?.announced === false) this.ends.announce(lane);
    });
  }

  /**
   * The run is cancelled, so an unfinished step must not delay its end. Closing the run completes what such a step
   * leaves.
   */
  endSteps(): void {
    if (this.steps.size === 0 || !patched('steps-end-with-a-cancel')) return;
    void CancellationScope.nonCancellable(async () => {
      await sleep(STEP_TIMEOUT);
      for (const scope of this.steps) scope.cancel();
    });
  }
}

/** Attempts that are scheduled later than now have a newer fence. */
export function stopFence(): number {
  return fenceOf(Date.now(), 999);
}

/**
 * Broadcasts an abort to all workers at once; otherwise they learn of a cancellation in the reply to a heartbeat. It
 * serves people who steer a run without our client. Best effort: nothing waits for the broadcast, and its loss does no
 * harm.
 */
export function broadcastStop(request: StopRequest): void {
  void CancellationScope.nonCancellable(() => stopLanes(request)).catch(() => undefined);
}

/** The ids of the scenes that the lane works on, so that its activity never produces a result for other scenes. */
function scenesFor(kind: LaneKind, { laidOutIds }: LaneTable): Pick<LaneTask, 'scenes'> {
  const scenes = Object.values(laidOutIds);
  return kind === 'film' && scenes.length > 0 ? { scenes } : {};
}

/**
 * If Temporal refuses the step that stores a lane's waiting, the lane still waits, and Temporal shows the failed step.
 */
function unlessRefused(error: unknown): void {
  if (isCancellation(error) || !patched('lanes-wait-unstored')) throw error;
}

/** The lane's scene has another number by now, or is gone. */
export function hasMoved(error: EventError): boolean {
  return error.type === 'Lane.Moved';
}

/** An input of the lane is missing: if scenes change places, a lane may run before its scene's earlier lanes. */
export function lacksInput(error: EventError | undefined): boolean {
  return error?.type === 'Project.Invalid';
}

/** The failure that an activity left with, as its classifier named it, or a time-out in the same words. */
export function eventErrorOf(error: unknown): EventError {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    // A person who ends an activity by hand can type anything; ours have a type.
    const { issues } = fieldsOf(cause.details?.[0]) ?? {};
    return boundedError({
      type: cause.type || ENDED_BY_HAND,
      message: cause.message,
      retryable: cause.nonRetryable !== true,
      issues,
    });
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return boundedError({ type: 'Internal', message: `No worker finished the work: ${message}`, retryable: true });
}
