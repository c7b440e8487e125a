import { setTimeout as sleep } from 'node:timers/promises';
import { activityInfo, Context } from '@temporalio/activity';
import { fenceOf, laneParts, type EventBody, type LaneTask } from '../../protocol';
import { linkSignals, type LinkedSignal } from '../../providers';
import type { AttemptOutcome } from '../../telemetry';
import type { Spent } from '../usage/spent-calls';
import type { ActivityDeps } from '../deps';
import { withTimeout } from '../../with-timeout';
import { currentFence } from './current-fence';
import { startHeartbeat, type Heartbeat } from './heartbeat';
import { noteWaiting, type LaneAttempt } from './lane-store';
import { OutageWait } from './outage';
import type { StageFailure } from './stage-failure';
import { LaneStopped } from './stop-signal';

/** How long an attempt that received a stop waits for Temporal's reason. */
const CANCELLATION_MS = 10_000;
/** A free worker takes a task sooner. */
const WAITED_MS = 1_000;
/** How long an attempt waits for Temporal's answer whether its run is cancelled. */
const ASK_MS = 3_000;

/** One attempt from its first heartbeat to its last: its fence, its signals, its spending and its wait for outages. */
export class OpenAttempt {
  readonly claim: LaneAttempt;
  /** All attempts at this activity have fences that are at least as high. */
  readonly sinceFence: number;
  /** Sent with each heartbeat, so that Temporal shows them. */
  readonly counters: Record<string, number> = {};
  readonly spent: Spent = { paid: 0, isCharged: false };
  readonly outage: OutageWait;
  /** Aborts with Temporal's own reason: a cancellation, or the worker's shutdown. */
  readonly cancelled = Context.current().cancellationSignal;
  /**
   * Postgres owns the fence of a lane: the attempt publishes nothing before Postgres has stored the attempt's fence.
   */
  isClaimed = false;

  private readonly stopped = new AbortController();
  private readonly stopSignal: LinkedSignal;
  private readonly heartbeat: Heartbeat;
  private readonly unregister: () => void;
  private waitsFor: StageFailure | undefined;
  private noted: Promise<void> = Promise.resolve();

  constructor(
    readonly deps: ActivityDeps,
    readonly task: LaneTask,
  ) {
    const info = activityInfo();
    const { projectId, lane, runId, attemptsBefore = 0 } = task;
    const fence = currentFence();
    this.sinceFence = fenceOf(info.scheduledTimestampMs, 0);
    this.claim = { projectId, lane, fence, attempt: info.attempt + attemptsBefore };
    this.stopSignal = linkSignals(this.cancelled, this.stopped.signal);
    this.heartbeat = startHeartbeat(
      () => ({ ...this.counters, ...(this.waitsFor && { waitsFor: this.waitsFor.type }) }),
      () => ({ isListening: deps.stops.isListening, stopped: this.stopped.signal.aborted }),
      () => deps.metrics?.runs.lateHeartbeats.of({}).add(1),
    );
    const runIds = [runId, info.workflowExecution?.runId ?? ''];
    this.unregister = deps.stops.register({ projectId, lane, fence, runIds }, () => this.stopForNow());
    this.outage = new OutageWait({
      signal: this.signal,
      mostPauseMs: deps.config.OUTAGE_RETRY_MS,
      deadline: performance.now() + waitingMs(info.startToCloseTimeoutMs),
      onWait: (failure) => this.noteWait(failure),
    });
  }

  /** Aborts if the lane is stopped or cancelled, if the worker shuts down, and if a newer attempt takes over. */
  get signal(): AbortSignal {
    return this.stopSignal.signal;
  }

  stop(reason: Error): void {
    this.stopped.abort(reason);
  }

  /**
   * Stops the attempt if its run was cancelled while no worker was there. The attempt and its workflow's cancellation
   * have then waited for a worker together, and the attempt may have come first. Nothing is paid for such a run.
   */
  async stopIfCancelled(): Promise<void> {
    const { attempt, currentAttemptScheduledTimestampMs: scheduledMs, workflowExecution } = activityInfo();
    if (!workflowExecution || (attempt === 1 && Date.now() - scheduledMs < WAITED_MS)) return;
    const asked = this.deps.runs.isCancelling(this.claim.projectId, workflowExecution.runId).catch(() => false);
    if (await withTimeout(asked, ASK_MS, false)) this.stopForNow();
    this.signal.throwIfAborted();
  }

  /** Publishes an update of the lane. No caller waits for it, and a viewer that misses it loses no text. */
  publishUpdate(body: EventBody): void {
    const { log, logger } = this.deps;
    const { projectId, lane } = this.claim;
    const { stage, scene } = laneParts(lane);
    log
      .publish({
        projectId,
        stage,
        writer: this.claim,
        events: [body],
        ...(scene === undefined && { legacy: [{ stage, body }] }),
      })
      .catch((error: Error) => logger.debug({ err: error.message, lane }, 'viewers missed an update'));
  }

  /** Counts how the attempt has ended. */
  count(outcome: AttemptOutcome): void {
    const { stage } = laneParts(this.claim.lane);
    this.deps.metrics?.runs.attempts.of({ stage, outcome }).add(1);
  }

  /** Why an attempt that met this error has ended. After a stop, Temporal is given time to send its own reason. */
  async reasonOf(error: unknown): Promise<unknown> {
    const reason: unknown = this.stopped.signal.reason;
    if (!(reason instanceof LaneStopped)) return error;
    await sleep(CANCELLATION_MS, undefined, { signal: this.cancelled }).catch(() => undefined);
    return reason;
  }

  /** Ends the heartbeats, and lets the signals go. */
  end(): void {
    this.unregister();
    this.heartbeat.end();
    this.stopSignal.release();
  }

  private stopForNow(): void {
    this.stop(new LaneStopped(this.claim.lane));
    this.heartbeat.beatSoon();
  }

  /** Logs, stores and publishes which outage the attempt waits for, or that it works again. */
  private noteWait(failure: StageFailure | undefined): void {
    const { deps, claim } = this;
    const { projectId, lane, attempt } = claim;
    this.waitsFor = failure;
    const at = { projectId, lane, attempt, type: failure?.type };
    if (failure) deps.logger.warn(at, `the lane waits: ${failure.message}`);
    else deps.logger.info(at, 'the lane waits no more');
    if (!this.isClaimed) return;
    // One after the other, so that the row holds the last change.
    this.noted = this.noted.then(() => noteWaiting(deps.dataSource, claim, failure ?? null)).catch(() => undefined);
    this.publishUpdate({
      type: 'stage_update',
      status: 'processing',
      ...(failure && { message: failure.message }),
    });
  }
}

/** How long an attempt may wait for an outage: it must end before Temporal takes it for dead. */
function waitingMs(limitMs: number): number {
  return limitMs - Math.min(30_000, limitMs / 10);
}
