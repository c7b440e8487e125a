import type { EntityManager } from 'typeorm';
import { missingPrices, UNDER_WAY, UNSURE, type ModelUsage } from '../../entities';
import { StoryreelError, type ProjectId } from '../../protocol';
import type { LaneAttempt } from '../lanes/lane-store';
import type { ResolvedProvider } from './provider-choice';

interface Demand {
  readonly projectId: ProjectId;
  readonly chosen: ResolvedProvider<unknown>;
  readonly unit: ModelUsage['unit'];
  /** The most that the call can cost; null if that is not known. */
  readonly most: number | null;
}

/** What a booking is decided by. */
export interface Spending {
  /** The fence of the newest claim of the lane; null if there is no such lane. */
  readonly fence: string | null;
  /** Null means no limit. */
  readonly budget: number | null;
  readonly paid: number;
  readonly unsure: number;
  readonly under_way: number;
  /**
   * The most that the provider has charged beyond the ordered amount of a call of this project. The reason may be a
   * model that thought longer than its answer may be. The next call reserves this much more.
   */
  readonly beyond: number;
}

/**
 * Reads it while the project is locked, so that parallel lanes check one after the other, and each sees what the others
 * have reserved. The call's own row, if it was booked before, is left out of the sums.
 *
 * A call whose cost is only estimated counts with its reserved amount. Its provider may have charged all of it, and its
 * attempt may still be running. The provider's own figures replace it, if they arrive.
 */
export async function readSpending(
  manager: EntityManager,
  { projectId, lane }: Pick<LaneAttempt, 'projectId' | 'lane'>,
  { name, model }: ResolvedProvider<unknown>,
  bookedAs: string,
): Promise<Spending | undefined> {
  const [spending] = await manager.query<Spending[]>(
    `SELECT (SELECT fence FROM lanes WHERE project_id = $1 AND lane = $2) AS fence, p.budget,
            coalesce(sum(u.cost::numeric) FILTER (WHERE u.outcome <> 'in_flight'), 0)::float8 AS paid,
            (${UNSURE})::float8 AS unsure, (${UNDER_WAY})::float8 AS under_way,
            (SELECT coalesce(max(cost::numeric - reserved::numeric), 0)::float8 FROM model_usage
             WHERE project_id = $1 AND provider = $3 AND model = $4 AND outcome <> 'in_flight' AND cost > reserved) AS beyond
     FROM projects p LEFT JOIN model_usage u ON u.project_id = p.id AND u.id <> $5
     WHERE p.id = $1 GROUP BY p.id`,
    [projectId, lane, name, model, bookedAs],
  );
  return spending;
}

/**
 * Checks whether the project's budget has room for a call of this maximum cost; returns the reason if not.
 * Glossary: reserve.
 */
export function overBudget(
  { budget, paid, unsure, under_way: underWay }: Spending,
  { projectId, chosen, unit, most }: Demand,
): StoryreelError | undefined {
  if (budget === null) return undefined;
  if (most === null) {
    const missing = missingPrices(chosen.prices, unit).join(' and ');
    return new StoryreelError(
      'Budget.NoPrices',
      `The project has a budget, but the provider ${chosen.name} has no prices for the call (${missing}). Set them, or take the budget away (storyreel budget ${projectId} none), then retry.`,
    );
  }
  // Money is compared to a billionth: a sum of doubles may be off in the last place.
  if (paid + unsure + underWay + most <= budget + 1e-9) return undefined;
  const more =
    (unsure > 0 ? ` Calls of which only an estimate is known may have cost ${money(unsure)} more.` : '') +
    (underWay > 0 ? ` Calls under way may cost ${money(underWay)}.` : '');
  return new StoryreelError(
    'Budget.Exhausted',
    `Paid ${money(paid)} of a budget of ${money(budget)}.${more} The next call may cost ${money(most)}. Raise it (storyreel budget ${projectId} <amount>), then retry.`,
  );
}

function money(amount: number): string {
  return String(Number(amount.toFixed(6)));
}
