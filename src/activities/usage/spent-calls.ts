import type { EventError } from '../../protocol';
import { UnusableOutput } from '../../stages';
import type { LaneError, UnusableAnswers } from '../lanes/lane-store';
import type { StageFailure } from '../lanes/stage-failure';
import { WastedOrder } from './wasted-order';

/** The model is asked at most so many times for an answer that can be used. */
const MAX_ANSWERS = 3;
/** A lane's text is paid at most so often before it waits for a person, whatever becomes of the calls. */
const MAX_PAID_TEXTS = 3;
/** The most orders of an image or a clip, which cost more: a fault that occurs twice will occur the next time. */
export const MAX_ORDERS = 2;

/** A refused text is no beginning for the next attempt. */
const REFUSED: readonly string[] = ['Output.Unusable', 'Output.TooLong', 'Provider.Refused', 'Provider.BadRequest'];

/** What the attempts at a lane have used up of its allowance, since it began or a person retried it. */
export interface Spent {
  /** Calls before this attempt's that may have to be paid. */
  paid: number;
  unusable?: UnusableAnswers;
  /** This attempt's call may have to be paid. */
  isCharged: boolean;
}

/** The spending that earlier attempts have stored in the lane's last failure. */
export function spentBefore(error: EventError | null | undefined): Partial<Spent> {
  const known: LaneError | null | undefined = error;
  const unusable =
    known?.type === 'Output.Unusable' ? { issues: known.issues ?? [], times: known.times ?? 1 } : known?.answers;
  return { paid: known?.paid ?? 0, ...(unusable && { unusable }) };
}

/** The text of an attempt that failed so is refused: no attempt, no retry and no other run continues it. */
export function isRefused({ type, answers }: LaneError): boolean {
  return REFUSED.includes(type) || answers !== undefined;
}

/** What this attempt's failure adds, and whether another attempt is still allowed. */
export function spendingOf(error: unknown, { type, retryable }: StageFailure, spent: Spent) {
  const isOrder = error instanceof WastedOrder;
  const paid = spent.paid + (spent.isCharged || isOrder ? 1 : 0);
  if (isOrder) {
    const mayAskAgain = paid < MAX_ORDERS;
    return { paid, times: undefined, isSpent: !mayAskAgain, mayAskAgain };
  }
  const isUnusable = type === 'Output.Unusable';
  const times = isUnusable ? (spent.unusable?.times ?? 0) + 1 : undefined;
  const mostAnswers = (error instanceof UnusableOutput ? error.mostAnswers : undefined) ?? MAX_ANSWERS;
  return {
    paid,
    times,
    isSpent: retryable && spent.isCharged && paid >= MAX_PAID_TEXTS,
    mayAskAgain: times !== undefined && times < mostAnswers && paid < MAX_PAID_TEXTS,
  };
}
