import { randomUUID } from 'node:crypto';
import type { LaneRun } from '../lanes/lane-run';
import { isOutage } from '../lanes/outage';
import { classify } from '../lanes/stage-failure';
import { mayBeCharged, noneOf } from './call-cost';
import { PaidCall, type CallPlan } from './paid-call';

/** How long an attempt waits for its turn at a provider that asks for fewer calls; the call needs time as well. */
const MAX_TURN_MS = 4 * 60_000;

/**
 * A paid call that is made only when its result can be stored. The media store must accept a file, and Postgres must
 * accept the booking of an attempt that still has the lane. If the provider cannot be reached, no request was sent, and
 * the call is made again from that point. The log is not needed: no result depends on it, and viewers later get what
 * they missed.
 *
 * A lane that a provider has turned away before, because it asks for fewer calls, waits for its turn within the attempt.
 * It keeps its place among the worker's lanes meanwhile, so that no more of them ask. Otherwise the many lanes of a long
 * film would use up their retries on each other.
 */
export class ReadyCall {
  /** The call that may have to be paid; undefined while the attempt waits for it. */
  booked: PaidCall | undefined;
  private readonly id = randomUUID();
  private readonly turnEndsAt = performance.now() + MAX_TURN_MS;

  constructor(
    private readonly run: LaneRun,
    private readonly makes: 'text' | 'files',
    private readonly plan: CallPlan,
  ) {}

  /** The booked call. Throws if the call was not made yet. */
  get call(): PaidCall {
    if (!this.booked) throw new Error('the call was not made yet');
    return this.booked;
  }

  make<T>(ask: () => Promise<T>): Promise<T> {
    return this.run.through(
      async () => {
        const { run, plan, id } = this;
        if (this.makes === 'files') await run.deps.media.probe();
        await run.note();
        const booked = await PaidCall.book(run, { ...plan, id });
        this.booked = booked;
        if (booked.refused) throw booked.refused;
        const { logger } = run.deps;
        const { name: provider, model } = plan.chosen;
        const began = performance.now();
        logger.debug({ provider, model }, 'the provider is asked');
        try {
          const answer = await ask();
          const durationMs = Math.round(performance.now() - began);
          logger.debug({ provider, model, durationMs }, 'the provider has answered');
          return answer;
        } catch (error) {
          if (this.isFree(error)) {
            // The next attempt would take an open row for a call that was paid.
            await booked.close(noneOf(plan.most), false);
            this.booked = undefined;
          }
          throw error;
        }
      },
      (error) => this.isFree(error),
    );
  }

  /** Whether nothing was paid, and the call may be repeated within this attempt. */
  private isFree(error: unknown): boolean {
    if (isOutage(error)) return true;
    const { type, retryAfterMs = 0 } = classify(error);
    const isTurnedAway = type === 'Provider.RateLimited' && !mayBeCharged(error);
    return isTurnedAway && this.run.wasTurnedAway === true && performance.now() + retryAfterMs < this.turnEndsAt;
  }
}
