import type { DataSource } from 'typeorm';
import { PROJECT_STATUSES, StoryreelError, type BatchId, type ProjectStatus } from '../../protocol';
import { read } from '../projects/inputs';

export interface BatchSummary {
  readonly batchId: BatchId;
  /** The owners of its projects, each once. */
  readonly owners: readonly string[];
  readonly projects: number;
  readonly counts: Readonly<Partial<Record<ProjectStatus, number>>>;
  /** When its oldest project was created. */
  readonly createdAt: Date;
}

export interface BatchFilter {
  /** Default 20. */
  readonly limit?: number;
  /** Batches that have a project of this owner. */
  readonly owner?: string;
  /** How their names begin. */
  readonly prefix?: string;
  /** `next` of the page before. */
  readonly after?: string;
}

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

/** Microseconds of the creation, and the name, which orders what was created in the same one. */
const PLACE = /^(\d{1,17})_([\w.-]{1,200})$/;

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
  const { owner, after, prefix = '', limit = 20 } = read('the list of batches', filter);
  const place = after === undefined ? undefined : PLACE.exec(after)?.slice(1);
  if (after !== undefined && !place) {
    throw new StoryreelError('Project.Invalid', 'the list of batches cannot be taken. after: is no place in it');
  }
  const rows = await dataSource.query<Row[]>(
    `SELECT * FROM (${BATCHES}) AS b WHERE $3::bigint IS NULL OR (micros, batch_id) < ($3, $4::text)
     ORDER BY micros DESC, batch_id DESC LIMIT $5`,
    [prefix, owner ?? null, ...(place ?? [null, null]), limit + 1],
  );
  const last = rows[limit - 1];
  const isMore = rows.length > limit && last !== undefined;
  return {
    batches: rows.slice(0, limit).map(({ batch_id: batchId, owners, projects, counts, created_at: createdAt }) => ({
      ...{ batchId, owners, projects, createdAt },
      counts: Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    })),
    ...(isMore && { next: `${last.micros}_${last.batch_id}` }),
  };
}
