import type { DataSource, EntityManager } from 'typeorm';
import { isFinal, type EventError, type LiveStatus, type ProjectId, type ProjectStatus } from '../protocol';

/** A project's row as it was when Temporal was asked. */
export interface ProjectSeen {
  readonly projectId: ProjectId;
  readonly status: ProjectStatus;
  readonly runId: string | null;
  /** As Postgres writes it, to the microsecond. */
  readonly updatedAt: string;
}

export interface RunEnd {
  readonly outcome: 'completed' | 'failed' | 'cancelled';
  readonly error: EventError | null;
}

/** Of a project, a stage or a lane that somebody works on or waits for. */
export const BUSY: readonly LiveStatus[] = ['processing', 'paused', 'needs_attention', 'awaiting_approval'];

/**
 * Closes the rows of a run that is gone, in one transaction, and gives how the project ends. A run counts as completed only
 * if all of its lanes are; a project that has ended stays as it ended, and only its lanes and stages are closed. Undefined,
 * and nothing is changed, where the project's row is not what was seen: a new run has begun, somebody else was faster, or
 * the project was deleted. `tell` is called while a new run still waits, so that its viewers never take the end that it tells
 * for theirs.
 */
export async function closeGoneRun(
  dataSource: DataSource,
  seen: ProjectSeen,
  end: RunEnd,
  tell: (manager: EntityManager) => Promise<void>,
): Promise<RunEnd | undefined> {
  const { projectId } = seen;
  const hasEnded = isFinal(seen.status);
  return dataSource.transaction(async (manager) => {
    // Opening a run writes to this row first, so a run that opens now waits for us, and sets right what we write.
    const same: unknown[] = await manager.query(
      `SELECT 1 FROM projects WHERE id = $1 AND status = $2 AND run_id IS NOT DISTINCT FROM $3
         AND updated_at = $4::timestamptz FOR NO KEY UPDATE`,
      [projectId, seen.status, seen.runId, seen.updatedAt],
    );
    if (same.length === 0) return undefined;
    const { outcome, error } = hasEnded ? end : await checked(manager, projectId, end);
    for (const table of ['project_stages', 'lanes']) {
      await manager.query(
        `UPDATE ${table} SET status = $2, finished_at = now(), updated_at = now()
         WHERE project_id = $1 AND status = ANY ($3::text[])`,
        [projectId, outcome, hasEnded ? BUSY : ['pending', ...BUSY]],
      );
    }
    if (!hasEnded) {
      await manager.query(
        `UPDATE projects SET status = $2, error = $3, finished_at = now(), updated_at = now() WHERE id = $1`,
        [projectId, outcome, error],
      );
      await tell(manager);
    }
    return { outcome, error };
  });
}

async function checked(manager: EntityManager, projectId: ProjectId, end: RunEnd): Promise<RunEnd> {
  if (end.outcome !== 'completed') return end;
  const [{ settled }] = await manager.query<[{ settled: boolean }]>(
    `SELECT coalesce(bool_and(status IN ('completed', 'skipped')), false) AS settled FROM lanes WHERE project_id = $1`,
    [projectId],
  );
  return settled ? end : { outcome: 'failed', error: NOT_ALL_HERE };
}

/** A database that was restored from a backup, say, while Temporal was not. */
const NOT_ALL_HERE: EventError = {
  type: 'Run.Gone',
  message: 'The run has ended well, but not all that it made is here. Start it again.',
  retryable: false,
};
