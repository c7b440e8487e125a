import { ApplicationFailure } from '@temporalio/common';
import type { AttemptOutcome } from '../../telemetry';

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
