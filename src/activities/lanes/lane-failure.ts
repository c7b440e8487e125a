import { Context } from '@temporalio/activity';
import { ApplicationFailure, type CancelledFailure } from '@temporalio/common';
import type { LaneTask } from '../../protocol';
import { spendingOf, type Spent } from '../usage/spent-calls';
import type { ActivityDeps } from '../deps';
import { clockWentBackSince } from './clock';
import { editedMeanwhile } from './edited-meanwhile';
import { handBack, handOver } from './hand-over';
import { noteFailure, pauseLane, StaleAttempt, type LaneAttempt } from './lane-store';
import { publishUpdate } from './lane-update';
import { classify, toApplicationFailure, type StageFailure } from './stage-failure';

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
