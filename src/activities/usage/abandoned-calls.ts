import type { EntityManager } from 'typeorm';
import { Lane, lockProject, ModelUsage } from '../../entities';
import { pricesOf } from '../../planning';
import { parseLaneId, type LaneId, type ProjectId } from '../../protocol';
import { costOf, tokensIn, type Amount } from './call-cost';
import { countCost, publishUsage } from './report-cost';
import type { ActivityDeps } from '../deps';

interface Abandoned {
  readonly projectId: ProjectId;
  /** Only calls of this lane; without it, calls of all lanes. */
  readonly lane?: LaneId;
  /** Calls of attempts before this fence. */
  readonly before: number;
  /** A job under this key is not abandoned: the attempt continues it. */
  readonly key?: string;
}

/**
 * Closes calls whose worker died or hangs. Their cost is estimated, and counts as wasted unless an attempt continues
 * their text. If such an attempt returns, it corrects the figures; until then the budget counts the reserved amount.
 * Returns the closed calls.
 */
export async function closeAbandoned(
  deps: ActivityDeps,
  { projectId, lane, before, key }: Abandoned,
): Promise<ModelUsage[]> {
  const { manager } = deps.dataSource;
  const open = await manager.findBy(ModelUsage, {
    projectId,
    outcome: 'in_flight',
    ...(lane !== undefined && { lane }),
  });
  const closed: ModelUsage[] = [];
  for (const row of open) {
    if (row.fence >= before || (key !== undefined && row.idempotencyKey === key)) continue;
    const used = await estimate(deps, row);
    const cost = costOf(await pricesOf(deps, row.provider), used);
    const tokens = used.unit === 'token' ? { inputTokens: used.input, outputTokens: used.output } : {};
    const change = {
      ...tokens,
      cost,
      outcome: 'wasted' as const,
      estimated: true,
      wastedTokens: used.unit === 'token' ? used.input + used.output : 0,
      wastedCost: cost ?? 0,
    };
    await deps.dataSource.transaction(async (within) => {
      await lockProject(within, projectId);
      const { affected } = await within.update(ModelUsage, { id: row.id, outcome: 'in_flight' }, change);
      if (affected !== 1) return;
      countCost(deps.metrics, within, row, {
        cost,
        wasted: cost ?? 0,
        before: { cost: row.cost, wasted: row.wastedCost },
      });
      if (row.continuesFence !== null) await markChain(within, row, row.continuesFence, 'wasted');
    });
    closed.push(row);
  }
  return closed;
}

/** Publishes what these calls have cost, if no later attempt takes over and publishes it. */
export async function publishAbandoned(
  deps: ActivityDeps,
  closed: readonly ModelUsage[],
  manager: EntityManager,
): Promise<void> {
  for (const { projectId, lane: name } of closed) {
    const lane = parseLaneId(name);
    const row = lane && (await manager.findOneBy(Lane, { projectId, lane }));
    if (row) await publishUsage(deps, row, manager);
  }
}

/**
 * For a text: the prompt, and what this attempt has added to the answer, as the log holds it. For a job: the whole job.
 */
async function estimate({ log, dataSource }: ActivityDeps, row: ModelUsage): Promise<Amount> {
  if (row.unit !== 'token') return { unit: row.unit, units: row.units ?? 0 };
  const lane = parseLaneId(row.lane);
  const held = lane && (await log.lane(row.projectId, lane).catch(() => undefined));
  const text = held?.fence === row.fence ? tokensIn(held.text) : 0;
  const before = row.continuesFence === null ? 0 : await outputOfChain(dataSource.manager, row, row.continuesFence);
  return { unit: 'token', input: row.inputTokens, output: Math.max(0, text - before) };
}

/** The call of an attempt, and the calls whose text it continued, each in turn. */
const CHAIN = `
  WITH RECURSIVE chain AS (
    SELECT id, continues_fence FROM model_usage WHERE project_id = $1 AND lane = $2 AND fence = $3
    UNION
    SELECT u.id, u.continues_fence FROM model_usage u JOIN chain c ON u.fence = c.continues_fence
    WHERE u.project_id = $1 AND u.lane = $2
  )`;

/** The lane whose calls form chains: each call continues the text of the one before. */
type LaneKey = Pick<ModelUsage, 'projectId' | 'lane'>;

async function outputOfChain(manager: EntityManager, { projectId, lane }: LaneKey, fence: number): Promise<number> {
  const [row]: { output: number }[] = await manager.query(
    `${CHAIN} SELECT coalesce(sum(u.output_tokens), 0)::float8 AS output FROM model_usage u JOIN chain USING (id)`,
    [projectId, lane, fence],
  );
  return row?.output ?? 0;
}

/** What an attempt's text, and every text that it continued, has cost, by call. */
export function costOfChain(
  manager: EntityManager,
  { projectId, lane }: LaneKey,
  fence: number,
): Promise<{ readonly provider: string; readonly unit: ModelUsage['unit']; readonly cost: number }[]> {
  return manager.query(
    `${CHAIN} SELECT u.provider, u.unit, coalesce(u.cost, 0) AS cost FROM model_usage u JOIN chain USING (id)
     WHERE u.outcome <> 'in_flight'`,
    [projectId, lane, fence],
  );
}

/** Records whether an attempt's text, and every text that it continued, is of use. */
export async function markChain(
  manager: EntityManager,
  { projectId, lane }: LaneKey,
  fence: number,
  outcome: 'useful' | 'wasted',
): Promise<void> {
  const share = outcome === 'wasted' ? 1 : 0;
  await manager.query(
    `${CHAIN} UPDATE model_usage u
     SET outcome = $4, wasted_tokens = $5::int * (u.input_tokens + u.output_tokens),
         wasted_cost = $5::int * coalesce(u.cost, 0)
     FROM chain WHERE u.id = chain.id AND u.outcome <> 'in_flight' AND u.outcome <> $4`,
    [projectId, lane, fence, outcome, share],
  );
}
