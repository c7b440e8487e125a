import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { EventError, FailureType, HandedOver } from '../../protocol';

const TYPE: FailureType = 'Worker.ShuttingDown';
const MESSAGE = 'The worker shuts down; another one goes on.';

/** The least that a retry may wait; that of the lane's own policy grows from attempt to attempt. */
const AT_ONCE = '1 millisecond';

/**
 * How an attempt leaves whose worker shuts down: so that the workflow begins the lane again at once, with all the retries
 * that it has left. A workflow that cannot do that (`attempts` is undefined) has Temporal retry it.
 */
export function handOver(attempts: number | undefined): ApplicationFailure {
  const handedOver: readonly HandedOver[] = attempts === undefined ? [] : [{ attempts }];
  return ApplicationFailure.create({
    type: TYPE,
    message: MESSAGE,
    nonRetryable: attempts !== undefined,
    nextRetryDelay: AT_ONCE,
    details: [...handedOver],
    // Nothing is wrong: no warning, and no failed activity in the metrics.
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** A worker of before's workflow has no patience of its own for a lane that is handed back. */
const LATER = '5 seconds';

/** How an attempt leaves whose worker cannot do the work, at no cost: another worker may be able to. */
export function handBack({ type, message }: EventError, attempts: number | undefined): ApplicationFailure {
  const handedOver: readonly HandedOver[] = attempts === undefined ? [] : [{ attempts }];
  return ApplicationFailure.create({
    ...{ type, message, nonRetryable: attempts !== undefined, nextRetryDelay: LATER, details: [...handedOver] },
    category: ApplicationFailureCategory.BENIGN,
  });
}
