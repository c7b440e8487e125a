import type { EntityManager } from 'typeorm';
import { Lane, Project, ProjectStage } from '../../entities';
import {
  isFinal,
  type EventError,
  type FinalStatus,
  type LiveStatus,
  type ProjectId,
  type ProjectStatus,
} from '../../protocol';

/** A project's row as it was when Temporal was asked. */
export interface ProjectSeen {
  readonly projectId: ProjectId;
  readonly status: ProjectStatus;
  readonly runId: string | null;
  /** The time as Postgres writes it, to the microsecond. */
  readonly updatedAt: string;
}

export interface RunEnd {
  readonly outcome: FinalStatus;
  readonly error: EventError | null;
}

export interface EndingRun extends RunEnd {
  readonly projectId: ProjectId;
  /** As in `EndAnnouncement`: each has exactly one end. */
  readonly execution: string;
  /** Later than every step of this run that may still come, and earlier than every step of a newer run. */
  readonly fence: number;
  /** Set if another process closes the run: the row as it was when Temporal reported that no run is open. */
  readonly seen?: ProjectSeen;
  /** For a run that closes itself before it has opened: the row does not name it yet. */
  readonly unopened?: string;
  /** What the run was about; absent: everything. */
  readonly stages?: readonly string[];
  readonly scenes?: readonly number[];
}

/** A run that has ended, as one transaction sees it. */
export interface EndedRun {
  readonly project: Project;
  readonly stages: readonly ProjectStage[];
  readonly lanes: readonly Lane[];
  /** Writes of the run under a lower fence are refused. */
  readonly fence: number;
}

export interface ClosedRun extends EndedRun {
  /** True if this transaction ends the run: the run had begun, and was not closed before. */
  readonly endsNow: boolean;
}

/** The statuses of a project, stage or lane that is in work or waits for a person. */
export const BUSY: readonly LiveStatus[] = ['processing', 'paused', 'needs_attention', 'awaiting_approval'];

/**
 * Closes the rows of a run. No row still shows work in progress, and no later step of this run changes anything.
 * Returns what the transaction sees at the end. Returns undefined and changes nothing if the project's row belongs
 * to another run, was closed by another process, or was deleted.
 *
 * A run that another process closes counts as completed only if all its lanes are. If the run had ended before, its
 * status stays, and only its lanes and stages are closed.
 */
export async function endRun(manager: EntityManager, ending: EndingRun): Promise<ClosedRun | undefined> {
  const { projectId, fence, seen } = ending;
  // Locked first, as by whatever opens or marks a run: a run that opens now waits for this, and sets right what it writes.
  const before = await lockRun(manager, ending);
  if (before === undefined) return undefined;
  const hasEnded = seen !== undefined && isFinal(seen.status);
  const end = seen && !hasEnded ? await checked(manager, ending) : ending;
  await closeRows(manager, ending, end.outcome, hasEnded);
  await manager.query('UPDATE projects SET run_fence = greatest(run_fence, $2) WHERE id = $1', [projectId, fence]);
  if (!hasEnded) {
    await manager.query(
      `UPDATE projects SET status = $2, error = $3, run_id = coalesce($4, run_id), finished_at = now(), updated_at = now()
       WHERE id = $1`,
      [projectId, end.outcome, end.error, ending.unopened ?? null],
    );
  }
  const ended = await readRun(manager, projectId);
  if (ended && !hasEnded) await recordOutcome(manager, ended.project, ending.execution);
  return ended && { ...ended, endsNow: BUSY.some((status) => status === before) };
}

/** Reads the state of a project and of its stages and lanes. */
export async function readRun(manager: EntityManager, projectId: ProjectId): Promise<EndedRun | undefined> {
  const project = await manager.findOneBy(Project, { id: projectId });
  if (!project) return undefined;
  const stages = await manager.findBy(ProjectStage, { projectId });
  const lanes = await manager.findBy(Lane, { projectId });
  return { project, stages, lanes, fence: project.runFence };
}

/** Returns the status that the project had until now. */
async function lockRun(
  manager: EntityManager,
  { projectId, fence, seen }: EndingRun,
): Promise<ProjectStatus | undefined> {
  const rows: { status: ProjectStatus }[] = seen
    ? await manager.query(
        `SELECT status FROM projects WHERE id = $1 AND status = $2 AND run_id IS NOT DISTINCT FROM $3
           AND updated_at = $4::timestamptz FOR NO KEY UPDATE`,
        [projectId, seen.status, seen.runId, seen.updatedAt],
      )
    : await manager.query('SELECT status FROM projects WHERE id = $1 AND run_fence <= $2 FOR NO KEY UPDATE', [
        projectId,
        fence,
      ]);
  return rows[0]?.status;
}

/** Lanes that a completed run did not plan stay pending. */
async function closeRows(
  manager: EntityManager,
  { projectId, seen, stages, scenes }: EndingRun,
  outcome: RunEnd['outcome'],
  hasEnded: boolean,
): Promise<void> {
  const open = hasEnded || (!seen && outcome === 'completed') ? BUSY : ['pending', ...BUSY];
  const close = (table: string, where: string, values: readonly unknown[] = []) =>
    manager.query(
      `UPDATE ${table} SET status = $2, finished_at = now(), updated_at = now()
       WHERE project_id = $1 AND status = ANY ($3::text[]) AND ($4::text[] IS NULL OR stage = ANY ($4::text[])) ${where}`,
      [projectId, outcome, open, stages ?? null, ...values],
    );
  await close('project_stages', '');
  await close('lanes', 'AND (sequence_number IS NULL OR $5::int[] IS NULL OR sequence_number = ANY ($5::int[]))', [
    scenes ?? null,
  ]);
}

async function checked(manager: EntityManager, { projectId, outcome, error }: EndingRun): Promise<RunEnd> {
  if (outcome !== 'completed') return { outcome, error };
  const [{ settled }] = await manager.query<[{ settled: boolean }]>(
    `SELECT coalesce(bool_and(status IN ('completed', 'skipped')), false) AS settled FROM lanes WHERE project_id = $1`,
    [projectId],
  );
  return settled ? { outcome, error } : { outcome: 'failed', error: NOT_ALL_HERE };
}

/** For example, the database was restored from a backup, and Temporal was not. */
const NOT_ALL_HERE: EventError = {
  type: 'Run.Gone',
  message: 'The run has ended well, but not all that it made is here. Start it again.',
  retryable: false,
};

/**
 * Writes how the run has ended, for `client.outcomes`, in the transaction that ends it. So each end has one row, even if
 * a process dies afterwards or Redis is away. A repeated step adds none.
 */
async function recordOutcome(manager: EntityManager, project: Project, execution: string): Promise<void> {
  const { id, runId, owner, batchId, status, error } = project;
  await manager.query(
    `INSERT INTO outcomes (project_id, execution, run_id, owner, batch_id, status, error)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (project_id, execution) DO NOTHING`,
    [id, execution, runId, owner, batchId, status, error],
  );
}
