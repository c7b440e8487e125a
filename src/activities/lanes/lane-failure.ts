import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory, type CancelledFailure } from '@temporalio/common';
import type { EventError, FailureType, HandedOver } from '../../protocol';
import type { AttemptOutcome } from '../../telemetry';
import { isRefused, spendingOf } from '../usage/spent-calls';
import { clockWentBackSince } from './clock';
import { editedMeanwhile } from './lane-of-scene';
import { noteFailure, pauseLane, StaleAttempt, type LaneError } from './lane-store';
import type { OpenAttempt } from './open-attempt';
import { classify, toApplicationFailure, type StageFailure } from './stage-failure';

const SHUTTING_DOWN: FailureType = 'Worker.ShuttingDown';
const SHUTTING_DOWN_MESSAGE = 'The worker shuts down; another one continues.';

/** The shortest delay that Temporal takes. Without it, the delay of the lane's retry policy would apply. */
const AT_ONCE = '1 millisecond';
/** For workflows of earlier releases, which do not wait themselves before they give a lane to another worker. */
const LATER = '5 seconds';

/** For the reasons of a cancellation that nobody asked for: what has become of the attempt. */
const LOST: Readonly<Record<string, string>> = {
  TIMED_OUT:
    'Temporal has not answered the heartbeats of this attempt in time, so it has stopped; the next attempt continues',
  NOT_FOUND:
    'Temporal no longer has this attempt, so it has stopped: its heartbeats came too late, or it was ended from outside',
};

/** An operator has paused the lane's activity; it continues after `unpause`. */
async function publishPaused(attempt: OpenAttempt): Promise<void> {
  await pauseLane(attempt.deps.dataSource, attempt.claim).catch(() => undefined);
  attempt.publishUpdate({ type: 'stage_update', status: 'paused' });
}

/**
 * Converts the error that ended an attempt into the failure that Temporal expects. A failure is also stored, for people
 * and for the next attempt.
 */
export async function toTemporalFailure(attempt: OpenAttempt, error: unknown): Promise<Error> {
  const { deps, task, claim, cancelled, spent, isClaimed } = attempt;
  const lane = { projectId: claim.projectId, lane: claim.lane, attempt: claim.attempt };
  /** Absent for a workflow that cannot begin a lane again itself. */
  const attempts = task.attemptsBefore === undefined ? undefined : claim.attempt;
  if (cancelled.aborted) {
    const reason = cancelled.reason as CancelledFailure;
    if (reason.message !== 'WORKER_SHUTDOWN') {
      if (isClaimed && Context.current().cancellationDetails?.paused) await publishPaused(attempt);
      const lost = LOST[reason.message];
      if (lost !== undefined) deps.logger.warn({ ...lane, reason: reason.message }, lost);
      return reason;
    }
    deps.logger.info(lane, 'handing the lane to another worker');
    return handOver(attempts);
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
  const noted: LaneError = {
    type,
    message,
    retryable,
    ...(issues && { issues }),
    ...(paid > 0 && { paid }),
    ...(times ? { times } : spent.unusable && { answers: spent.unusable }),
  };
  await noteFailure(deps.dataSource, claim, noted, isRefused(noted)).catch((err: Error) =>
    deps.logger.warn({ ...lane, err: err.message }, 'the failure could not be noted'),
  );
  if (type === 'Worker.CannotServe') {
    attempt.publishUpdate({ type: 'stage_update', status: 'processing', message });
    return givenBack(failure, attempts, LATER);
  }
  // Otherwise a viewer would see nothing at all until the next attempt begins.
  if (isClaimed && (retryable || mayAskAgain))
    attempt.publishUpdate({ type: 'stage_update', status: 'processing', message });
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
  return givenBack({ type: SHUTTING_DOWN, message: SHUTTING_DOWN_MESSAGE }, attempts, AT_ONCE);
}

/**
 * The failure of a lane that this worker gives back. It uses up no retry, and another worker may take the lane. If the
 * workflow cannot begin the lane again itself, Temporal does so after `delay`.
 */
function givenBack(
  { type, message }: Pick<EventError, 'type' | 'message'>,
  attempts: number | undefined,
  delay: typeof AT_ONCE | typeof LATER,
): ApplicationFailure {
  const handedOver: readonly HandedOver[] = attempts === undefined ? [] : [{ attempts }];
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: attempts !== undefined,
    nextRetryDelay: delay,
    details: [...handedOver],
    // This is no fault, so there is no warning, and no failed activity in the metrics.
    category: ApplicationFailureCategory.BENIGN,
  });
}

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
