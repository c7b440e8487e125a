import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { lockProject, ModelUsage } from '../../entities';
import type { StoryreelError } from '../../protocol';
import { closeAbandoned, costOfChain, markChain } from './abandoned-calls';
import { chargedBeyond, overBudget } from './budget';
import { costOf, mayBeCharged, noneOf, type Amount } from './call-cost';
import { countCost, countRefusal, countUseful, type CostChange, type OfProvider } from './count-cost';
import type { LaneRun } from '../lanes/lane-run';
import { mustOwn } from '../lanes/lane-store';
import type { Chosen } from './provider-choice';
import { tellUsage } from './report-usage';

export interface CallPlan {
  readonly chosen: Chosen<unknown>;
  /** What the call can use at most; of a text, a token for each byte of the prompt, and the longest answer. */
  readonly most: Amount;
  /** Of a text, the tokens of the prompt as they are expected; a quarter of the most unless it is given. */
  readonly prompt?: number;
  /** The attempt whose text this one goes on from. */
  readonly continues?: number;
  /** Where the same key is the same call, whichever attempt makes it. */
  readonly key?: string;
  /** The key that the request is sent with, where each attempt that makes the call has a row of its own. */
  readonly sentAs?: string;
  /** It was paid before, and is only tended now. */
  readonly underWay?: boolean;
  /** Of the row, where it may be booked more than once because no request was sent yet. */
  readonly id?: string;
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

  static async book(run: LaneRun, plan: CallPlan): Promise<PaidCall> {
    const { deps, claim } = run;
    const { projectId, lane, fence, attempt } = claim;
    const { chosen, most, continues, key, sentAs, underWay = false, id: own = randomUUID() } = plan;
    if (run.resets) await closeAbandoned(deps, { projectId, lane, before: fence, ...(key !== undefined && { key }) });
    const asked = costOf(chosen.prices, most);
    return deps.dataSource.transaction(async (manager) => {
      await lockProject(manager, projectId);
      // Nothing is booked, nor paid, for a lane that another attempt or a person has taken.
      await mustOwn(manager, claim);
      const reserved = asked === null ? null : asked + (await chargedBeyond(manager, projectId, chosen));
      const known = await manager.findOneBy(ModelUsage, key === undefined ? { id: own } : { projectId, callKey: key });
      if (known && underWay) return new PaidCall(run, chosen, known.id);
      const refused = underWay
        ? undefined
        : await overBudget(manager, {
            ...{ projectId, chosen, unit: most.unit, most: reserved },
            ...(known && { bookedAs: known.id }),
          });
      if (known && refused) {
        countRefusal(deps.metrics, manager, known);
        return new PaidCall(run, chosen, known.id, refused);
      }
      if (refused) countRefusal(deps.metrics, manager, { provider: chosen.name, unit: most.unit });
      const row = {
        ...{ projectId, lane, fence, attempt, provider: chosen.name, model: chosen.model, unit: most.unit },
        ...{ callKey: key ?? sentAs ?? null, continues: continues ?? null, reserved, estimated: false },
        // What is expected, until it is known; an open row counts for nothing but its reserve.
        ...(most.unit === 'token'
          ? { inputTokens: plan.prompt ?? Math.ceil(most.input / 4) }
          : { inputTokens: 0, units: most.units }),
        ...(refused && { inputTokens: 0, units: 0, reserved: null }),
        ...{ outputTokens: 0, cost: costOf(chosen.prices, noneOf(most)) },
        ...{ wastedTokens: 0, wastedCost: 0, outcome: refused ? ('wasted' as const) : ('open' as const) },
      };
      const { id } = await manager.save(ModelUsage, { ...row, id: known?.id ?? own });
      if (continues !== undefined && !refused) await markChain(manager, claim, continues, 'useful');
      return new PaidCall(run, chosen, id, refused);
    });
  }

  /** In the transaction that settles the lane: what this call and those that it went on from have made is of use. */
  async settle(manager: EntityManager, used: Amount, estimated: boolean): Promise<void> {
    await this.write(manager, used, estimated, USEFUL);
    const row = await manager.findOneByOrFail(ModelUsage, { id: this.id });
    if (row.continues !== null) await markChain(manager, row, row.continues, 'useful');
    const before = row.continues === null ? [] : await costOfChain(manager, row, row.continues);
    countUseful(this.run.deps.metrics, manager, [{ ...row, cost: row.cost ?? 0 }, ...before]);
  }

  /** Counts what the attempt cost before it failed with this error, and tells viewers. Never hides why it failed. */
  async waste(error: unknown, used: Amount, estimated: boolean): Promise<void> {
    const charged = mayBeCharged(error);
    if (!this.refused) await this.close(charged ? used : noneOf(used), charged && estimated);
    await this.tell();
  }

  /** What it was answered with is of no use, so it is never asked for again under its key. */
  async spoil(): Promise<void> {
    const { dataSource, logger } = this.run.deps;
    const mark = dataSource.query(
      `UPDATE model_usage SET call_key = call_key || $2 WHERE id = $1 AND right(call_key, 1) <> $2`,
      [this.id, SPOILED],
    );
    await mark.catch((error: Error) => logger.warn({ err: error.message }, 'a spoiled order was not noted'));
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
        await lockProject(manager, claim.projectId);
        await this.write(manager, used, estimated, WASTED);
        const row = await manager.findOneBy(ModelUsage, { id: this.id });
        // Where a newer attempt went on from this text, it decides what becomes of the texts before.
        if (row?.continues != null && row.outcome === 'wasted') {
          await markChain(manager, row, row.continues, 'wasted');
        }
      });
    } catch (error) {
      deps.logger.warn({ err: (error as Error).message, lane: claim.lane }, 'waste not counted');
    }
  }

  private async write(manager: EntityManager, used: Amount, estimated: boolean, change: string): Promise<void> {
    const [input, output, units] = used.unit === 'token' ? [used.input, used.output, null] : [0, 0, used.units];
    const [[written]] = await manager.query<[[Written?]]>(
      `WITH old AS (SELECT cost, wasted_cost FROM model_usage WHERE id = $1)
       UPDATE model_usage SET
         input_tokens = $2::int, output_tokens = $3::int, units = $4, cost = $5::float8, estimated = $6,
         ${change}
       WHERE id = $1
       RETURNING provider, unit, cost, wasted_cost AS wasted,
         (SELECT json_build_object('cost', cost, 'wasted', wasted_cost) FROM old) AS before`,
      [this.id, input, output, units, costOf(this.chosen.prices, used), estimated],
    );
    if (written) countCost(this.run.deps.metrics, manager, written, written);
  }
}

type Written = OfProvider & CostChange;

/** At the end of a call's key. */
const SPOILED = '!';

export function isSpoiled({ callKey }: Pick<ModelUsage, 'callKey'>): boolean {
  return callKey?.endsWith(SPOILED) === true;
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
