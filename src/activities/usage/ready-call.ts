import { randomUUID } from 'node:crypto';
import { noneOf } from './call-cost';
import type { LaneRun } from '../lanes/lane-run';
import { isOutage } from '../lanes/outage';
import { PaidCall, type CallPlan } from './paid-call';

/**
 * A paid call that is made when its result can be kept, and not before: the store of media takes a file where it makes one,
 * and Postgres takes the booking of an attempt that still has the lane. Where the provider cannot be reached, so that no
 * request was sent, it is made again from there. The log is not asked: no result needs it, and viewers get what they missed.
 */
export class ReadyCall {
  /** The call that may have to be paid; none while it is waited for. */
  booked: PaidCall | undefined;
  private readonly id = randomUUID();

  constructor(
    private readonly run: LaneRun,
    private readonly makes: 'text' | 'files',
    private readonly plan: CallPlan,
  ) {}

  /** Once it was made. */
  get call(): PaidCall {
    if (!this.booked) throw new Error('the call was not made yet');
    return this.booked;
  }

  make<T>(ask: () => Promise<T>): Promise<T> {
    return this.run.through(async () => {
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
        if (isOutage(error)) {
          // The next attempt would take an open row for a call that was paid.
          await booked.close(noneOf(plan.most), false);
          this.booked = undefined;
        }
        throw error;
      }
    });
  }
}
