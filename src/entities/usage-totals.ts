import type { EntityManager } from 'typeorm';
import type { LaneId, ProjectId, UsageTotals } from '../protocol';

type Row = Readonly<Record<string, number | boolean | null>>;

/** The cost of a project in all its runs, or of one lane of it. Calls in flight count after they have ended. */
export async function usageTotals(manager: EntityManager, projectId: ProjectId, lane?: LaneId): Promise<UsageTotals> {
  const { own, project } = await usageOf(manager, projectId, lane);
  return lane === undefined ? project : own;
}

/** The same of a lane and of its project, read at once. */
export async function usageOf(
  manager: EntityManager,
  projectId: ProjectId,
  lane?: LaneId,
): Promise<{ readonly own: UsageTotals; readonly project: UsageTotals }> {
  // Summed as decimals: a person who adds up the rows comes to the same figure.
  const rows: Row[] = await manager.query(
    `SELECT own,
            coalesce(sum(input_tokens), 0)::float8 AS input,
            coalesce(sum(output_tokens), 0)::float8 AS output,
            coalesce(sum(wasted_tokens), 0)::float8 AS wasted,
            coalesce(sum(units) FILTER (WHERE unit = 'image'), 0)::float8 AS images,
            coalesce(sum(units) FILTER (WHERE unit = 'image' AND outcome = 'wasted'), 0)::float8 AS wasted_images,
            coalesce(sum(units) FILTER (WHERE unit = 'second'), 0)::float8 AS seconds,
            coalesce(sum(units) FILTER (WHERE unit = 'second' AND outcome = 'wasted'), 0)::float8 AS wasted_seconds,
            sum(cost::numeric)::float8 AS cost,
            sum(wasted_cost::numeric)::float8 AS wasted_cost,
            sum(cost::numeric - wasted_cost::numeric)::float8 AS useful_cost,
            bool_or(estimated AND (input_tokens + output_tokens > 0 OR units > 0)) AS estimated,
            bool_or(cost IS NULL) AS unpriced
     FROM (SELECT *, lane = $2::text AS own FROM model_usage WHERE project_id = $1 AND outcome <> 'in_flight') AS calls
     GROUP BY GROUPING SETS ((), (own))`,
    [projectId, lane ?? null],
  );
  const of = (whose: true | null) => totalsOf(rows.find((row) => row['own'] === whose) ?? {});
  return { own: of(true), project: of(null) };
}

function totalsOf(row: Row): UsageTotals {
  const of = (name: string) => Number(row[name] ?? 0);
  const priced = row['cost'] !== null && row['cost'] !== undefined;
  return {
    input_tokens: of('input'),
    output_tokens: of('output'),
    useful_tokens: of('input') + of('output') - of('wasted'),
    wasted_tokens: of('wasted'),
    ...(of('images') > 0 && { images: of('images') }),
    ...(of('wasted_images') > 0 && { wasted_images: of('wasted_images') }),
    ...(of('seconds') > 0 && { video_seconds: of('seconds') }),
    ...(of('wasted_seconds') > 0 && { wasted_video_seconds: of('wasted_seconds') }),
    ...(priced && { cost: of('cost'), useful_cost: of('useful_cost'), wasted_cost: of('wasted_cost') }),
    ...(row['estimated'] === true && { estimated: true }),
    ...(row['unpriced'] === true && priced && { unpriced: true }),
  };
}
