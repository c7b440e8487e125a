import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { lockProject, ModelUsage } from '../../entities';
import { projectNotFound, type StoryreelError } from '../../protocol';
import { closeAbandoned, costOfChain, markChain } from './abandoned-calls';
import { overBudget, readSpending } from './budget';
import { costOf, mayBeCharged, noneOf, type Amount } from './call-cost';
import {
  countCost,
  countRefusal,
  countUseful,
  publishUsage,
  type CostChange,
  type CalledProvider,
} from './report-cost';
import type { LaneRun } from '../lanes/lane-run';
import { StaleAttempt, type LaneAttempt } from '../lanes/lane-store';
import type { ResolvedProvider } from './provider-choice';

export interface CallPlan {
  readonly chosen: ResolvedProvider<unknown>;
  /** The most that the call can use. For a text: one token for each byte of the prompt, and the longest answer. */
  readonly most: Amount;
  /** For a text: the expected tokens of the prompt; by default a quarter of the most. */
  readonly prompt?: number;
  /** The attempt whose text this one continues. */
  readonly continuesFence?: number;
  /** Set if calls with the same key are the same call, whichever attempt makes them. */
  readonly key?: string;
  /** The key that is sent with the request, if each attempt that makes the call has a row of its own. */
  readonly sentAs?: string;
  /** The call was paid before, and the attempt only waits for its result. */
  readonly underWay?: boolean;
  /** The id of the row, if the call may be booked more than once because no request was sent yet. */
  readonly id?: string;
}

/**
 * The row of a paid call. It is written before the call, so that a budget holds for parallel lanes. After a crash no
 * payment is forgotten: the next attempt, or the end of the run, closes the rows that are still in flight.
 * Glossary: booking.
 */
export class PaidCall {
  private constructor(
    private readonly run: LaneRun,
    private readonly chosen: ResolvedProvider<unknown>,
    private readonly id: string,
    /** Why the call must not be made: the budget has no room for it. */
    readonly refused?: StoryreelError,
  ) {}

  /**
   * Books a call, or finds the booking of the same call by its key. The result has `refused` if the budget has no room.
   * Throws `Lane.Stale` if another attempt or a person has taken the lane over.
   */
  static async book(run: LaneRun, plan: CallPlan): Promise<PaidCall> {
    const { deps, claim } = run;
    const { projectId, lane, fence } = claim;
    const { chosen, most, continuesFence, key, underWay = false, id: own = randomUUID() } = plan;
    if (run.resets) await closeAbandoned(deps, { projectId, lane, before: fence, ...(key !== undefined && { key }) });
    const asked = costOf(chosen.prices, most);
    return deps.dataSource.transaction(async (manager) => {
      await lockProject(manager, projectId);
      const known = key === undefined ? null : await manager.findOneBy(ModelUsage, { projectId, idempotencyKey: key });
      const id = known?.id ?? own;
      const spending = await readSpending(manager, claim, chosen, id);
      if (!spending) throw projectNotFound(projectId);
      // Nothing is booked or paid for a lane that another attempt or a person has taken over.
      if (Number(spending.fence) > fence) throw new StaleAttempt(lane);
      if (known && underWay) return new PaidCall(run, chosen, id);
      const reserved = asked === null ? null : asked + spending.beyond;
      const refused = underWay
        ? undefined
        : overBudget(spending, { projectId, chosen, unit: most.unit, most: reserved });
      if (known && refused) {
        countRefusal(deps.metrics, manager, known);
        return new PaidCall(run, chosen, id, refused);
      }
      if (refused) countRefusal(deps.metrics, manager, { provider: chosen.name, unit: most.unit });
      const row = refused ? refusedRow(claim, plan) : bookedRow(claim, plan, reserved);
      await manager.upsert(ModelUsage, { ...row, id }, ['id']);
      if (continuesFence !== undefined && !refused) await markChain(manager, claim, continuesFence, 'useful');
      return new PaidCall(run, chosen, id, refused);
    });
  }

  /** Runs in the transaction that commits the lane: this call, and the calls whose text it continued, are of use. */
  async settle(manager: EntityManager, used: Amount, estimated: boolean): Promise<void> {
    const row = await this.write(manager, used, estimated, USEFUL);
    if (!row) return;
    if (row.continues !== null) await markChain(manager, row, row.continues, 'useful');
    const before = row.continues === null ? [] : await costOfChain(manager, row, row.continues);
    countUseful(this.run.deps.metrics, manager, [{ ...row, cost: row.cost ?? 0 }, ...before]);
  }

  /** Stores what the attempt cost before it failed with this error, and publishes it. Never hides that error. */
  async waste(error: unknown, used: Amount, estimated: boolean): Promise<void> {
    const charged = mayBeCharged(error);
    if (!this.refused) await this.close(charged ? used : noneOf(used), charged && estimated);
    await this.publishCost();
  }

  /** The answer is of no use, so the call is never repeated under its key. */
  async spoil(): Promise<void> {
    const { dataSource, logger } = this.run.deps;
    const mark = dataSource.query(
      `UPDATE model_usage SET idempotency_key = idempotency_key || $2 WHERE id = $1 AND right(idempotency_key, 1) <> $2`,
      [this.id, SPOILED],
    );
    await mark.catch((error: Error) => logger.warn({ err: error.message }, 'a spoiled order was not noted'));
  }

  /** Publishes what the lane has cost so far. */
  publishCost(): Promise<void> {
    return publishUsage(this.run.deps, this.run.claim);
  }

  /** Ends the call without a result that is of use. */
  async close(used: Amount, estimated: boolean): Promise<void> {
    const { deps, claim } = this.run;
    try {
      await deps.dataSource.transaction(async (manager) => {
        await lockProject(manager, claim.projectId);
        const row = await this.write(manager, used, estimated, WASTED);
        // If a newer attempt continued this text, that attempt decides about the earlier texts.
        if (row && row.continues !== null && row.outcome === 'wasted') {
          await markChain(manager, row, row.continues, 'wasted');
        }
      });
    } catch (error) {
      deps.logger.warn({ err: (error as Error).message, lane: claim.lane }, 'waste not counted');
    }
  }

  private async write(
    manager: EntityManager,
    used: Amount,
    estimated: boolean,
    change: string,
  ): Promise<Written | undefined> {
    const [input, output, units] = used.unit === 'token' ? [used.input, used.output, null] : [0, 0, used.units];
    const [[written]] = await manager.query<[[Written?]]>(
      `WITH old AS (SELECT cost, wasted_cost FROM model_usage WHERE id = $1)
       UPDATE model_usage SET
         input_tokens = $2::int, output_tokens = $3::int, units = $4, cost = $5::float8, estimated = $6,
         ${change}
       WHERE id = $1
       RETURNING project_id AS "projectId", lane, provider, unit, cost, wasted_cost AS wasted, outcome,
         continues_fence::float8 AS continues,
         (SELECT json_build_object('cost', cost, 'wasted', wasted_cost) FROM old) AS before`,
      [this.id, input, output, units, costOf(this.chosen.prices, used), estimated],
    );
    if (written) countCost(this.run.deps.metrics, manager, written, written);
    return written;
  }
}

/** The row of a call under way. It has the expected amount until the real one is known; the budget counts `reserved`. */
function bookedRow(claim: LaneAttempt, plan: CallPlan, reserved: number | null) {
  const { most, prompt } = plan;
  return {
    ...emptyRow(claim, plan),
    ...(most.unit === 'token'
      ? { inputTokens: prompt ?? Math.ceil(most.input / 4) }
      : { inputTokens: 0, units: most.units }),
    reserved,
    outcome: 'in_flight' as const,
  };
}

/** The row of a call that was not made, because the budget had no room for it. */
function refusedRow(claim: LaneAttempt, plan: CallPlan) {
  return { ...emptyRow(claim, plan), inputTokens: 0, units: 0, reserved: null, outcome: 'wasted' as const };
}

function emptyRow(
  { projectId, lane, fence, attempt }: LaneAttempt,
  { chosen, most, key, sentAs, continuesFence }: CallPlan,
) {
  return {
    projectId,
    lane,
    fence,
    attempt,
    provider: chosen.name,
    model: chosen.model,
    unit: most.unit,
    idempotencyKey: key ?? sentAs ?? null,
    continuesFence: continuesFence ?? null,
    estimated: false,
    outputTokens: 0,
    cost: costOf(chosen.prices, noneOf(most)),
    wastedTokens: 0,
    wastedCost: 0,
  };
}

type Written = CalledProvider &
  CostChange &
  Pick<ModelUsage, 'projectId' | 'lane' | 'outcome'> & {
    /** The fence of the attempt whose text it continued. */
    readonly continues: number | null;
  };

/** At the end of a call's key. */
const SPOILED = '!';

export function isSpoiled({ idempotencyKey }: Pick<ModelUsage, 'idempotencyKey'>): boolean {
  return idempotencyKey?.endsWith(SPOILED) === true;
}

const USEFUL = `outcome = 'useful', wasted_tokens = 0, wasted_cost = 0`;

/** If a newer attempt continued this text, only the tokens produced after the takeover count as wasted. */
const WASTED = `
  outcome = CASE outcome WHEN 'useful' THEN 'useful' ELSE 'wasted' END,
  wasted_tokens = CASE outcome
    WHEN 'useful' THEN wasted_tokens + greatest(0, $2::int + $3::int - input_tokens - output_tokens)
    ELSE $2::int + $3::int END,
  wasted_cost = CASE outcome
    WHEN 'useful' THEN wasted_cost::numeric + greatest(0, coalesce($5::float8::numeric, 0) - coalesce(cost::numeric, 0))
    ELSE coalesce($5::float8, 0) END`;
