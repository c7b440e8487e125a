import type { DataSource } from 'typeorm';
import { parseBatchId, PROJECT_STATUSES, type BatchId, type ProjectStatus } from '../../protocol';
import { readInput } from '../inputs';
import { pageCursor, readMicros } from '../projects/page-cursor';

/** A batch in a list. */
export interface BatchSummary {
  readonly batchId: BatchId;
  /** The owners of its projects, each once. */
  readonly owners: readonly string[];
  readonly projects: number;
  readonly counts: Readonly<Partial<Record<ProjectStatus, number>>>;
  /** When its oldest project was created. */
  readonly createdAt: Date;
}

/** Which batches are listed. */
export interface BatchFilter {
  /** The most batches of one page, from 1 to 1,000. Default 20. */
  readonly limit?: number;
  /** Batches that have a project of this owner. */
  readonly owner?: string;
  /** How their names begin. */
  readonly prefix?: string;
  /** `next` of the page before. */
  readonly after?: string;
}

/** One page of the list of batches. */
export interface BatchPage {
  /** Newest first. */
  readonly batches: readonly BatchSummary[];
  /** The position of the next page; absent on the last page. */
  readonly next?: string;
}

interface Row {
  readonly batch_id: BatchId;
  readonly owners: readonly string[];
  readonly projects: number;
  readonly counts: Readonly<Record<ProjectStatus, number>>;
  readonly created_at: Date;
  readonly micros: string;
}

/** The microsecond of the creation orders the list, and the name what was created in the same one. */
const PLACE = pageCursor('the list of batches', readMicros, parseBatchId);

const COUNTS = PROJECT_STATUSES.map((status) => `'${status}', count(*) FILTER (WHERE status = '${status}')`).join();
const BATCHES = `
  SELECT batch_id, count(*)::int AS projects, json_build_object(${COUNTS}) AS counts, min(created_at) AS created_at,
         coalesce(array_agg(DISTINCT owner ORDER BY owner) FILTER (WHERE owner IS NOT NULL), '{}') AS owners,
         (extract(epoch FROM min(created_at)) * 1000000)::bigint AS micros
  FROM projects
  WHERE batch_id IS NOT NULL AND batch_position IS NOT NULL AND starts_with(batch_id, $1)
  GROUP BY batch_id HAVING $2::text IS NULL OR bool_or(owner = $2)`;

/** Batches that the filter lets through, a page at a time. Throws `Project.Invalid`. */
export async function listBatches(dataSource: DataSource, filter: BatchFilter): Promise<BatchPage> {
  const { owner, after, prefix = '', limit = 20 } = readInput('the list of batches', filter);
  const place = PLACE.read(after);
  const rows = await dataSource.query<Row[]>(
    `SELECT * FROM (${BATCHES}) AS b WHERE $3::bigint IS NULL OR (micros, batch_id) < ($3, $4::text)
     ORDER BY micros DESC, batch_id DESC LIMIT $5`,
    [prefix, owner ?? null, ...(place ?? [null, null]), limit + 1],
  );
  const { rows: batches, ...next } = PLACE.page(rows, limit, ({ micros, batch_id }) => [micros, batch_id]);
  return {
    batches: batches.map(({ batch_id: batchId, owners, projects, counts, created_at: createdAt }) => ({
      batchId,
      owners,
      projects,
      createdAt,
      counts: Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    })),
    ...next,
  };
}
