import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory, type CancelledFailure } from '@temporalio/common';
import type { EventError, FailureType, HandedOver, LaneTask } from '../../protocol';
import type { AttemptOutcome } from '../../telemetry';
import { spendingOf, type Spent } from '../usage/spent-calls';
import type { ActivityDeps } from '../deps';
import { clockWentBackSince } from './clock';
import { editedMeanwhile } from './lane-of-scene';
import { noteFailure, pauseLane, StaleAttempt, type LaneAttempt } from './lane-store';
import { publishUpdate } from './lane-update';
import { classify, toApplicationFailure, type StageFailure } from './stage-failure';

const SHUTTING_DOWN: FailureType = 'Worker.ShuttingDown';
const SHUTTING_DOWN_MESSAGE = 'The worker shuts down; another one continues.';

/** The least that a retry may wait; that of the lane's own policy grows from attempt to attempt. */
const AT_ONCE = '1 millisecond';
/** A worker of before's workflow has no patience of its own for a lane that is handed back. */
const LATER = '5 seconds';

/** For the reasons of a cancellation that nobody asked for: what has become of the attempt. */
const LOST: Readonly<Record<string, string>> = {
  TIMED_OUT:
    'Temporal has not answered the heartbeats of this attempt in time, so it has stopped; the next attempt goes on',
  NOT_FOUND:
    'Temporal no longer has this attempt, so it has stopped: its heartbeats came too late, or it was ended from outside',
};

/** An operator has paused the lane's activity; it continues after `unpause`. */
async function publishPaused(deps: ActivityDeps, claim: LaneAttempt): Promise<void> {
  await pauseLane(deps.dataSource, claim).catch(() => undefined);
  publishUpdate(deps, claim, { type: 'stage_update', status: 'paused' });
}

/** Turns what stopped an attempt into what Temporal must know, and keeps it for the next attempt. */
export async function leave(
  deps: ActivityDeps,
  claim: LaneAttempt,
  task: LaneTask,
  error: unknown,
  cancelled: AbortSignal,
  spent: Spent,
  claimed: boolean,
): Promise<Error> {
  const lane = { projectId: claim.projectId, lane: claim.lane, attempt: claim.attempt };
  if (cancelled.aborted) {
    const reason = cancelled.reason as CancelledFailure;
    if (reason.message !== 'WORKER_SHUTDOWN') {
      if (claimed && Context.current().cancellationDetails?.paused) await publishPaused(deps, claim);
      const lost = LOST[reason.message];
      if (lost !== undefined) deps.logger.warn({ ...lane, reason: reason.message }, lost);
      return reason;
    }
    deps.logger.info(lane, 'handing the lane to another worker');
    return handOver(task.attemptsBefore === undefined ? undefined : claim.attempt);
  }
  const failure = classify(error);
  deps.logger.warn({ ...lane, type: failure.type, err: error }, failure.message);
  if (error instanceof StaleAttempt) deps.metrics?.staleWritesRefused.of({ store: 'postgres' }).add(1);
  if (failure.type === 'Lane.Stale') {
    const why = await clockWentBackSince(deps.dataSource, claim).catch(() => undefined);
    const edited = why ?? (await editedMeanwhile(deps.dataSource, claim, task).catch(() => undefined));
    return toApplicationFailure(edited ?? error);
  }
  const { type, message, issues } = failure;
  const { times, paid, isSpent, mayAskAgain } = spendingOf(error, failure, spent);
  const retryable = failure.retryable && !isSpent;
  await noteFailure(deps.dataSource, claim, {
    type,
    message,
    retryable,
    ...(issues && { issues }),
    ...(paid > 0 && { paid }),
    ...(times ? { times } : spent.unusable && { answers: spent.unusable }),
  }).catch((err: Error) => deps.logger.warn({ ...lane, err: err.message }, 'the failure could not be noted'));
  if (type === 'Worker.CannotServe') {
    publishUpdate(deps, claim, { type: 'stage_update', status: 'processing', message });
    return handBack(failure, task.attemptsBefore === undefined ? undefined : claim.attempt);
  }
  // Otherwise a viewer would see nothing at all until the next attempt begins.
  if (claimed && (retryable || mayAskAgain))
    publishUpdate(deps, claim, { type: 'stage_update', status: 'processing', message });
  return mayAskAgain ? askOnceMore(failure) : toApplicationFailure(error, isSpent);
}

/** Asking the model again is an attempt like any other: with a fence, a usage row and a place in the Temporal UI. */
function askOnceMore({ type, message, issues }: StageFailure): Error {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: false,
    nextRetryDelay: '100 milliseconds',
    ...(issues && { details: [{ issues }] }),
  });
}

/**
 * The failure with which an attempt ends if its worker shuts down. The workflow then begins the lane again at once,
 * with all retries that are left. For a workflow that cannot do that (`attempts` is undefined), Temporal retries the
 * attempt.
 * Glossary: handover.
 */
export function handOver(attempts: number | undefined): ApplicationFailure {
  const handedOver: readonly HandedOver[] = attempts === undefined ? [] : [{ attempts }];
  return ApplicationFailure.create({
    type: SHUTTING_DOWN,
    message: SHUTTING_DOWN_MESSAGE,
    nonRetryable: attempts !== undefined,
    nextRetryDelay: AT_ONCE,
    details: [...handedOver],
    // This is no fault, so there is no warning, and no failed activity in the metrics.
    category: ApplicationFailureCategory.BENIGN,
  });
}

/**
 * The failure with which an attempt ends if its worker cannot do the work; it uses up no retry, and another worker may
 * do it.
 */
function handBack({ type, message }: EventError, attempts: number | undefined): ApplicationFailure {
  const handedOver: readonly HandedOver[] = attempts === undefined ? [] : [{ attempts }];
  return ApplicationFailure.create({
    ...{ type, message, nonRetryable: attempts !== undefined, nextRetryDelay: LATER, details: [...handedOver] },
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** How an attempt has ended that leaves with this. */
export function outcomeOf(failure: unknown): AttemptOutcome {
  if (!(failure instanceof ApplicationFailure)) return 'cancelled';
  switch (failure.type) {
    case 'Worker.ShuttingDown':
    case 'Worker.CannotServe':
      return 'handed_over';
    case 'Lane.Stale':
    case 'Lane.Edited':
    case 'Lane.Moved':
    case 'Lane.EndedByHand':
      return 'stale';
    case 'Lane.Cancelled':
    case 'Lane.Stopped':
      return 'cancelled';
    case 'Output.Unusable':
      return 'unusable';
    default:
      return 'failed';
  }
}
