import type { EntityManager } from 'typeorm';
import { missingPrices, type ModelUsage } from '../../entities';
import { StoryreelError, type ProjectId } from '../../protocol';
import type { ResolvedProvider } from './provider-choice';

interface Demand {
  readonly projectId: ProjectId;
  readonly chosen: ResolvedProvider<unknown>;
  readonly unit: ModelUsage['unit'];
  /** The most that the call can cost; null if that is not known. */
  readonly most: number | null;
  /** The call's row, if it was booked before. */
  readonly bookedAs?: string;
}

interface Spending {
  readonly budget: number;
  readonly paid: number;
  readonly unsure: number;
  readonly under_way: number;
}

/**
 * Checks whether the project's budget has room for a call of this maximum cost; returns the reason if not. The project
 * is locked, so that parallel lanes check one after the other, and each sees what the others have reserved.
 *
 * A call whose cost is only estimated counts with its reserved amount. Its provider may have charged all of it, and its
 * attempt may still be running. The provider's own figures replace it, if they arrive.
 * Glossary: reserve.
 */
export async function overBudget(
  manager: EntityManager,
  { projectId, chosen, unit, most, bookedAs }: Demand,
): Promise<StoryreelError | undefined> {
  const limited: unknown[] = await manager.query('SELECT 1 FROM projects WHERE id = $1 AND budget IS NOT NULL', [
    projectId,
  ]);
  if (limited.length === 0) return undefined;
  if (most === null) {
    const missing = missingPrices(chosen.prices, unit).join(' and ');
    return new StoryreelError(
      'Budget.NoPrices',
      `The project has a budget, but the provider ${chosen.name} has no prices for the call (${missing}). Set them, or take the budget away (storyreel budget ${projectId} none), then retry.`,
    );
  }
  const [spending]: [Spending] = await manager.query(
    `SELECT p.budget, coalesce(sum(u.cost::numeric) FILTER (WHERE u.outcome <> 'in_flight'), 0)::float8 AS paid,
            coalesce(sum(greatest(0, u.reserved::numeric - coalesce(u.cost::numeric, 0)))
              FILTER (WHERE u.outcome <> 'in_flight' AND u.estimated), 0)::float8 AS unsure,
            coalesce(sum(u.reserved::numeric) FILTER (WHERE u.outcome = 'in_flight'), 0)::float8 AS under_way
     FROM projects p LEFT JOIN model_usage u ON u.project_id = p.id AND u.id IS DISTINCT FROM $2::uuid
     WHERE p.id = $1 GROUP BY p.id`,
    [projectId, bookedAs ?? null],
  );
  const { budget, paid, unsure, under_way: underWay } = spending;
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

/**
 * The most that the provider has charged beyond the ordered amount of a call of this project. The reason may be a model
 * that thought longer than its answer may be. The next call reserves this much more.
 */
export async function chargedBeyond(
  manager: EntityManager,
  projectId: ProjectId,
  { name, model }: ResolvedProvider<unknown>,
): Promise<number> {
  const [row]: { beyond: number }[] = await manager.query(
    `SELECT coalesce(max(cost::numeric - reserved::numeric), 0)::float8 AS beyond FROM model_usage
     WHERE project_id = $1 AND provider = $2 AND model = $3 AND outcome <> 'in_flight' AND cost > reserved`,
    [projectId, name, model],
  );
  return row?.beyond ?? 0;
}

function money(amount: number): string {
  return String(Number(amount.toFixed(6)));
}
