import type { EntityManager } from 'typeorm';
import type { LaneId, ProjectId } from '../protocol';
import { UNDER_WAY, UNSURE } from './reserved-cost';

/** What the calls of a lane have cost in all runs, in the currency of the prices. */
interface LaneCost {
  readonly lane: string;
  /** Null if no price is known. */
  readonly cost: number | null;
  /** What its calls may cost beyond that: those under way, and those of which only an estimate is known. */
  readonly reserved: number;
}

/** The costs of each lane that has calls. A budget counts `cost` and `reserved`. */
export async function laneCosts(manager: EntityManager, projectId: ProjectId): Promise<LaneCost[]> {
  return manager.query(
    `SELECT lane, sum(cost::numeric) FILTER (WHERE outcome <> 'in_flight')::float8 AS cost,
            (${UNDER_WAY} + ${UNSURE})::float8 AS reserved
     FROM model_usage WHERE project_id = $1 GROUP BY lane`,
    [projectId],
  );
}

/** How many calls of each lane were paid and are in no result so far, in all runs; of all lanes, or of one. */
export async function wastedCalls(
  manager: EntityManager,
  projectId: ProjectId,
  lane?: LaneId,
): Promise<ReadonlyMap<LaneId, number>> {
  const rows = await manager.query<{ lane: LaneId; calls: number }[]>(
    `SELECT lane, count(*)::int AS calls FROM model_usage
     WHERE project_id = $1 AND lane = coalesce($2, lane) AND outcome = 'wasted'
       AND (input_tokens + output_tokens > 0 OR units > 0) GROUP BY lane`,
    [projectId, lane ?? null],
  );
  return new Map(rows.map((row) => [row.lane, row.calls]));
}
