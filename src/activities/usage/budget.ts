import type { EntityManager } from 'typeorm';
import { missingPrices, type ModelUsage } from '../../entities';
import { StoryreelError, type ProjectId } from '../../protocol';
import type { Chosen } from './provider-choice';

interface Demand {
  readonly projectId: ProjectId;
  readonly chosen: Chosen<unknown>;
  readonly unit: ModelUsage['unit'];
  /** What the call can cost; null where that is not known. */
  readonly most: number | null;
  /** Its row, where it was booked before. */
  readonly bookedAs?: string;
}

interface Spending {
  readonly budget: number;
  readonly paid: number;
  readonly unsure: number;
  readonly under_way: number;
}

/**
 * Whether the project's budget has room for a call that costs so much at most; gives why not. The
 * project is locked, so that lanes that run side by side ask one after the other, and what one reserves the next one sees.
 *
 * A call whose cost is only estimated counts as what it had reserved: its provider may have charged all of that, and an
 * attempt that was taken for dead may still be at it. Its provider's own figures, should they come, take the place of that.
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
    `SELECT p.budget, coalesce(sum(u.cost::numeric) FILTER (WHERE u.outcome <> 'open'), 0)::float8 AS paid,
            coalesce(sum(greatest(0, u.reserved::numeric - coalesce(u.cost::numeric, 0)))
              FILTER (WHERE u.outcome <> 'open' AND u.estimated), 0)::float8 AS unsure,
            coalesce(sum(u.reserved::numeric) FILTER (WHERE u.outcome = 'open'), 0)::float8 AS under_way
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
 * What the provider has charged, at the most, beyond what a call of the project had asked for: a model that thinks longer
 * than its answer may be. The next call reserves so much more.
 */
export async function chargedBeyond(
  manager: EntityManager,
  projectId: ProjectId,
  { name, model }: Chosen<unknown>,
): Promise<number> {
  const [row]: { beyond: number }[] = await manager.query(
    `SELECT coalesce(max(cost::numeric - reserved::numeric), 0)::float8 AS beyond FROM model_usage
     WHERE project_id = $1 AND provider = $2 AND model = $3 AND outcome <> 'open' AND cost > reserved`,
    [projectId, name, model],
  );
  return row?.beyond ?? 0;
}

function money(amount: number): string {
  return String(Number(amount.toFixed(6)));
}
