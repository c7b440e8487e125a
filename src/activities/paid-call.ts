import type { EntityManager } from 'typeorm';
import { ModelUsage } from '../entities';
import type { StoryreelError } from '../protocol';
import { closeAbandoned, markChain } from './abandoned-calls';
import { overBudget } from './budget';
import { costOf, mayBeCharged, noneOf, tokensIn, type Amount } from './call-cost';
import type { LaneRun } from './lane-run';
import { mustOwn } from './lane-store';
import type { Chosen } from './provider-choice';
import { tellUsage } from './tell-usage';

export interface CallPlan {
  readonly chosen: Chosen<unknown>;
  /** What the call can use at most; of a text, a token for each byte of the prompt, and the longest answer. */
  readonly most: Amount;
  /** The attempt whose text this one goes on from. */
  readonly continues?: number;
  /** Where the same key is the same call, whichever attempt makes it. */
  readonly key?: string;
  /** It was paid before, and is only tended now. */
  readonly underWay?: boolean;
}

/**
 * The row of a paid call. It is written before the call, so that a budget holds for lanes that run side by side and nothing
 * that was paid is forgotten, whoever dies: the next attempt, or the end of the run, closes what was left open.
 */
export class PaidCall {
  private constructor(
    private readonly run: LaneRun,
    private readonly chosen: Chosen<unknown>,
    private readonly id: string,
    /** Why the call must not be made: the budget has no room for it. */
    readonly refused?: StoryreelError,
  ) {}

  static async book(run: LaneRun, { chosen, most, continues, key, underWay = false }: CallPlan): Promise<PaidCall> {
    const { deps, claim } = run;
    const { projectId, lane, fence, attempt } = claim;
    if (run.resets) await closeAbandoned(deps, { projectId, lane, before: fence, ...(key !== undefined && { key }) });
    const reserved = costOf(chosen.prices, most);
    return deps.dataSource.transaction(async (manager) => {
      // Nothing is booked, nor paid, for a lane that another attempt or a person has taken.
      await mustOwn(manager, claim);
      const known = key === undefined ? null : await manager.findOneBy(ModelUsage, { projectId, lane, callKey: key });
      if (known && underWay) return new PaidCall(run, chosen, known.id);
      const refused = underWay
        ? undefined
        : await overBudget(manager, { projectId, chosen, most: reserved, ...(known && { bookedAs: known.id }) });
      if (known && refused) return new PaidCall(run, chosen, known.id, refused);
      const row = {
        ...{ projectId, lane, fence, attempt, provider: chosen.name, model: chosen.model, unit: most.unit },
        ...{ callKey: key ?? null, continues: continues ?? null, reserved, estimated: false },
        // What is expected, until it is known; an open row counts for nothing but its reserve.
        ...(most.unit === 'token' ? { inputTokens: tokensIn(most.input) } : { inputTokens: 0, units: most.units }),
        ...(refused && { inputTokens: 0, units: 0 }),
        ...{ outputTokens: 0, cost: costOf(chosen.prices, noneOf(most)) },
        ...{ wastedTokens: 0, wastedCost: 0, outcome: refused ? ('wasted' as const) : ('open' as const) },
      };
      const { id } = await manager.save(ModelUsage, known ? { ...row, id: known.id } : row);
      if (continues !== undefined && !refused) await markChain(manager, claim, continues, 'useful');
      return new PaidCall(run, chosen, id, refused);
    });
  }

  /** In the transaction that settles the lane: what this call and those that it went on from have made is of use. */
  async settle(manager: EntityManager, used: Amount, estimated: boolean): Promise<void> {
    await this.write(manager, used, estimated, USEFUL);
    const { continues } = await manager.findOneByOrFail(ModelUsage, { id: this.id });
    if (continues !== null) await markChain(manager, this.run.claim, continues, 'useful');
  }

  /** Counts what the attempt cost before it failed with this error, and tells viewers. Never hides why it failed. */
  async waste(error: unknown, used: Amount, estimated: boolean): Promise<void> {
    const charged = mayBeCharged(error);
    if (!this.refused) await this.close(charged ? used : noneOf(used), charged && estimated);
    await this.tell();
  }

  /** Tells viewers what the lane has cost so far. */
  tell(): Promise<void> {
    return tellUsage(this.run.deps, this.run.claim);
  }

  /** Ends the call without a result that is of use. */
  async close(used: Amount, estimated: boolean): Promise<void> {
    const { deps, claim } = this.run;
    try {
      await deps.dataSource.transaction(async (manager) => {
        await this.write(manager, used, estimated, WASTED);
        const row = await manager.findOneBy(ModelUsage, { id: this.id });
        // Where a newer attempt went on from this text, it decides what becomes of the texts before.
        if (row?.continues != null && row.outcome === 'wasted') {
          await markChain(manager, claim, row.continues, 'wasted');
        }
      });
    } catch (error) {
      deps.logger.warn({ err: (error as Error).message, lane: claim.lane }, 'waste not counted');
    }
  }

  private async write(manager: EntityManager, used: Amount, estimated: boolean, change: string): Promise<void> {
    const [input, output, units] = used.unit === 'token' ? [used.input, used.output, null] : [0, 0, used.units];
    await manager.query(
      `UPDATE model_usage SET
         input_tokens = $2::int, output_tokens = $3::int, units = $4, cost = $5::float8, estimated = $6, reserved = NULL,
         ${change}
       WHERE id = $1`,
      [this.id, input, output, units, costOf(this.chosen.prices, used), estimated],
    );
  }
}

const USEFUL = `outcome = 'useful', wasted_tokens = 0, wasted_cost = 0`;

/** Where a newer attempt went on from this one's text, what this one made after it was taken for dead is wasted. */
const WASTED = `
  outcome = CASE outcome WHEN 'useful' THEN 'useful' ELSE 'wasted' END,
  wasted_tokens = CASE outcome
    WHEN 'useful' THEN wasted_tokens + greatest(0, $2::int + $3::int - input_tokens - output_tokens)
    ELSE $2::int + $3::int END,
  wasted_cost = CASE outcome
    WHEN 'useful' THEN wasted_cost::numeric + greatest(0, coalesce($5::float8::numeric, 0) - coalesce(cost::numeric, 0))
    ELSE coalesce($5::float8, 0) END`;
