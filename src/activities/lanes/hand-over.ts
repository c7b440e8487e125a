import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { EventError, FailureType, HandedOver } from '../../protocol';

const TYPE: FailureType = 'Worker.ShuttingDown';
const MESSAGE = 'The worker shuts down; another one continues.';

/** The least that a retry may wait; that of the lane's own policy grows from attempt to attempt. */
const AT_ONCE = '1 millisecond';

/**
 * The failure with which an attempt ends if its worker shuts down. The workflow then begins the lane again at once,
 * with all retries that are left. For a workflow that cannot do that (`attempts` is undefined), Temporal retries the
 * attempt.
 * Glossary: handover.
 */
export function handOver(attempts: number | undefined): ApplicationFailure {
  const handedOver: readonly HandedOver[] = attempts === undefined ? [] : [{ attempts }];
  return ApplicationFailure.create({
    type: TYPE,
    message: MESSAGE,
    nonRetryable: attempts !== undefined,
    nextRetryDelay: AT_ONCE,
    details: [...handedOver],
    // This is no fault, so there is no warning, and no failed activity in the metrics.
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** A worker of before's workflow has no patience of its own for a lane that is handed back. */
const LATER = '5 seconds';

/**
 * The failure with which an attempt ends if its worker cannot do the work; it uses up no retry, and another worker may
 * do it.
 */
export function handBack({ type, message }: EventError, attempts: number | undefined): ApplicationFailure {
  const handedOver: readonly HandedOver[] = attempts === undefined ? [] : [{ attempts }];
  return ApplicationFailure.create({
    ...{ type, message, nonRetryable: attempts !== undefined, nextRetryDelay: LATER, details: [...handedOver] },
    category: ApplicationFailureCategory.BENIGN,
  });
}
