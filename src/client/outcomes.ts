import type { DataSource } from 'typeorm';
import { numberOutcomes, storedError } from '../entities';
import { StoryreelError, type BatchId, type EventError, type FinalStatus, type ProjectId } from '../protocol';
import { readInput } from './inputs';

/** How a run of a project has ended. */
export interface Outcome {
  /** The same whenever this end is given again. */
  readonly id: string;
  /** Where a reader continues that has handled this one. */
  readonly cursor: string;
  readonly projectId: ProjectId;
  /** As `start` gave it; absent where the run never began. */
  readonly runId?: string;
  readonly owner?: string;
  readonly batchId?: BatchId;
  readonly status: FinalStatus;
  /** Why it failed. */
  readonly error?: EventError;
  readonly endedAt: Date;
}

/** Which ends of runs a page has. */
export interface OutcomeFilter {
  /** The cursor of the last one that was handled; without it, from the oldest that is kept. */
  readonly after?: string;
  readonly owner?: string;
  /** The most outcomes of one page, from 1 to 1,000. Default 100. */
  readonly limit?: number;
}

/** Where the reading of ends begins, and what ends it. */
export interface OutcomeOptions extends Pick<OutcomeFilter, 'after' | 'owner'> {
  readonly signal?: AbortSignal;
}

/** One page of the ends of runs. */
export interface OutcomePage {
  /** In the order in which they became known. */
  readonly outcomes: readonly Outcome[];
  /** Where the next page begins, also if there is nothing on it yet. */
  readonly next: string;
}

interface Row {
  readonly id: string;
  readonly position: string;
  readonly project_id: ProjectId;
  readonly run_id: string | null;
  readonly owner: string | null;
  readonly batch_id: BatchId | null;
  readonly status: FinalStatus;
  readonly error: EventError | null;
  readonly ended_at: Date;
}

/** The ends after a cursor. Throws `Project.Invalid`, and `Outcomes.Expired` where ends after the cursor are not kept any more. */
export async function outcomePage(dataSource: DataSource, filter: OutcomeFilter): Promise<OutcomePage> {
  const { after, owner, limit = 100 } = readInput('the outcomes', filter);
  const from = Number(after ?? 0);
  const known = await positionsNow(dataSource);
  if (after !== undefined && (from < known.removed || from > known.last)) throw expired();
  const rows =
    from === known.last
      ? []
      : await dataSource.query<Row[]>(
          `SELECT id, position, project_id, run_id, owner, batch_id, status, error, ended_at FROM outcomes
           WHERE position > $1 AND position <= $2 AND ($3::text IS NULL OR owner = $3) ORDER BY position LIMIT $4`,
          [from, known.last, owner ?? null, limit],
        );
  const last = rows.length === limit ? rows.at(-1)?.position : undefined;
  return { outcomes: rows.map(outcomeOf), next: last ?? String(known.last) };
}

/** Needs one statement if no outcome is new. */
async function positionsNow(dataSource: DataSource): Promise<{ last: number; removed: number }> {
  const [row] = await dataSource.query<[{ last: string; removed: string; fresh: boolean }]>(
    `SELECT last, removed, EXISTS (SELECT 1 FROM outcomes WHERE position IS NULL) AS fresh FROM outcome_positions`,
  );
  const last = row.fresh ? await dataSource.transaction(numberOutcomes) : Number(row.last);
  return { last, removed: Number(row.removed) };
}

function outcomeOf({ id, position, project_id, run_id, owner, batch_id, status, ended_at, ...row }: Row): Outcome {
  const error = storedError(row.error);
  return {
    id,
    cursor: position,
    projectId: project_id,
    status,
    endedAt: ended_at,
    ...(run_id !== null && { runId: run_id }),
    ...(owner !== null && { owner }),
    ...(batch_id !== null && { batchId: batch_id }),
    ...(error && { error }),
  };
}

function expired(): StoryreelError {
  return new StoryreelError(
    'Outcomes.Expired',
    'Ends of runs after this cursor are not kept any more, or it is of another database. Look at the projects by list, and read on without a cursor.',
  );
}
