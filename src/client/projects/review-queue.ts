import type { DataSource } from 'typeorm';
import {
  parseLaneId,
  parseProjectId,
  type BatchId,
  type EventError,
  type LaneId,
  type LaneStatus,
  type ProjectId,
  type StageName,
} from '../../protocol';
import { storedError } from '../../entities';
import { readInput } from '../inputs';
import { pageCursor, readMicros } from './page-cursor';

/** A stage that waits for approval, or a lane that waits for `retry` or `skip`. */
export interface ReviewItem {
  readonly kind: 'gate' | 'lane';
  readonly projectId: ProjectId;
  readonly name: string;
  readonly owner?: string;
  readonly batchId?: BatchId;
  readonly stage: StageName;
  /** Set only for a lane that needs attention. */
  readonly lane?: LaneId;
  readonly status: LaneStatus;
  readonly since: Date;
  /** Why the lane needs attention. */
  readonly error?: EventError;
}

/** Which waiting items are listed. */
export interface ReviewFilter {
  /** The most items of one page, from 1 to 1,000. Default 20. */
  readonly limit?: number;
  readonly owner?: string;
  /** `next` of the page before. */
  readonly after?: string;
}

/** One page of what waits for a person. */
export interface ReviewPage {
  /** Who has waited longest comes first. */
  readonly items: readonly ReviewItem[];
  /** The position of the next page; absent on the last page. */
  readonly next?: string;
}

interface Row {
  readonly kind: ReviewItem['kind'];
  readonly project_id: ProjectId;
  readonly name: string;
  readonly owner: string | null;
  readonly batch_id: BatchId | null;
  readonly stage: StageName;
  readonly lane: LaneId;
  readonly status: LaneStatus;
  readonly since: Date;
  readonly error: EventError | null;
  readonly micros: string;
}

/** What orders the queue. The name of a stage has the form of a lane's, too. */
const PLACE = pageCursor('the review', readMicros, parseProjectId, readKind, parseLaneId);

/** A lane that a person has stopped waits, too. The lanes of an ended run do not wait. */
const WAITING = `
  SELECT w.*, p.name, p.owner, p.batch_id, (extract(epoch FROM w.since) * 1000000)::bigint AS micros
  FROM projects AS p
  CROSS JOIN LATERAL (
    SELECT 'gate' AS kind, s.project_id, s.stage, s.stage AS lane, s.status, NULL::jsonb AS error,
           coalesce(s.finished_at, s.updated_at) AS since
    FROM project_stages AS s WHERE s.project_id = p.id AND s.status = 'awaiting_approval'
    UNION ALL
    SELECT 'lane', l.project_id, l.stage, l.lane, l.status, l.error, coalesce(l.finished_at, l.updated_at)
    FROM lanes AS l WHERE l.project_id = p.id AND l.status IN ('needs_attention', 'cancelled')) AS w
  WHERE p.status IN ('processing', 'paused', 'needs_attention', 'awaiting_approval')
    AND ($1::text IS NULL OR p.owner = $1)`;

/** All that waits for a person, of all projects that the filter lets through. Throws `Project.Invalid`. */
export async function reviewQueue(dataSource: DataSource, filter: ReviewFilter): Promise<ReviewPage> {
  const { owner, after, limit = 20 } = readInput('the review', filter);
  const place = PLACE.read(after);
  const rows = await dataSource.query<Row[]>(
    `SELECT * FROM (${WAITING}) AS q
     WHERE $2::bigint IS NULL OR (q.micros, q.project_id, q.kind, q.lane) > ($2, $3::uuid, $4::text, $5::text)
     ORDER BY q.micros, q.project_id, q.kind, q.lane LIMIT $6`,
    [owner ?? null, ...(place ?? [null, null, null, null]), limit + 1],
  );
  const { rows: items, ...next } = PLACE.page(rows, limit, ({ micros, project_id, kind, lane }) => [
    micros,
    project_id,
    kind,
    lane,
  ]);
  return { items: items.map(itemOf), ...next };
}

function readKind(text: string): Row['kind'] | undefined {
  return text === 'gate' || text === 'lane' ? text : undefined;
}

function itemOf({ kind, project_id, name, owner, batch_id, stage, lane, status, since, ...row }: Row): ReviewItem {
  const error = storedError(row.error);
  return {
    kind,
    projectId: project_id,
    name,
    stage,
    status,
    since,
    ...(owner !== null && { owner }),
    ...(batch_id !== null && { batchId: batch_id }),
    ...(kind === 'lane' && { lane }),
    ...(error && { error }),
  };
}
