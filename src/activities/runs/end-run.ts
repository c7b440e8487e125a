import type { EntityManager } from 'typeorm';
import { Lane, Project, ProjectStage } from '../../entities';
import { isFinal, type EventError, type LiveStatus, type ProjectId, type ProjectStatus } from '../../protocol';

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

/** Which run ends, and how. */
export interface EndingRun extends RunEnd {
  readonly projectId: ProjectId;
  /** Later than every step of this run that may still come, and earlier than every step of a newer run. */
  readonly fence: number;
  /** Where somebody else closes the run: the row as it was when Temporal said that no run goes on. */
  readonly seen?: ProjectSeen;
  /** Of a run that closes itself before it has opened: the row does not name it yet. */
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
  /** What comes of the run under an older one is late. */
  readonly fence: number;
}

export interface ClosedRun extends EndedRun {
  /** It has ended just now: it had begun, and nobody has closed it before. */
  readonly endsNow: boolean;
}

/** Of a project, a stage or a lane that somebody works on or waits for. */
export const BUSY: readonly LiveStatus[] = ['processing', 'paused', 'needs_attention', 'awaiting_approval'];

/**
 * Closes the rows of a run: nothing is left that says that somebody works on it, and no step of it that comes later changes
 * anything. Gives what the transaction sees then. Undefined, and nothing is changed, where this is not the run that the
 * project's row is about: a newer run has begun, somebody else was faster, or the project was deleted.
 *
 * A run that somebody else closes counts as completed only if all of its lanes are. If it has ended before, it stays as it
 * ended, and only its lanes and stages are closed.
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
  return ended && { ...ended, endsNow: BUSY.some((status) => status === before) };
}

/** How a project and all that belongs to it stands. */
export async function readRun(manager: EntityManager, projectId: ProjectId): Promise<EndedRun | undefined> {
  const project = await manager.findOneBy(Project, { id: projectId });
  if (!project) return undefined;
  const stages = await manager.findBy(ProjectStage, { projectId });
  const lanes = await manager.findBy(Lane, { projectId });
  return { project, stages, lanes, fence: project.runFence };
}

/** Gives the status that the project had until now. */
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

/** What a run that closes itself as completed did not plan to make was not begun, and stays pending. */
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

/** A database that was restored from a backup, say, while Temporal was not. */
const NOT_ALL_HERE: EventError = {
  type: 'Run.Gone',
  message: 'The run has ended well, but not all that it made is here. Start it again.',
  retryable: false,
};
