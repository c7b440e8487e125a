import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, EntityManager } from 'typeorm';

/** What an entry of the audit is about. */
export interface AuditSubject {
  readonly project?: string | null | undefined;
  readonly lane?: string | null | undefined;
  /** What else was changed: a key, a token, a session or a batch, by its id. */
  readonly subject?: string | null | undefined;
  /** The version of the project after the action. */
  readonly versionAfter?: number | null | undefined;
}

interface Acting {
  /** Who acts, in words. */
  readonly by?: string;
  /** The entry of the action that is under way. */
  readonly entry?: string;
  /** Postgres took no entry for it. Whoever has begun the action stores one later. */
  readonly isLate?: true;
}

const acting = new AsyncLocalStorage<Acting>();

export function whoActs(): Acting {
  return acting.getStore() ?? {};
}

/** Everything that the work starts belongs to this actor and entry. */
export function actAs<T>(actor: Acting, work: () => T): T {
  return acting.run({ ...whoActs(), ...actor }, work);
}

/**
 * Changes rows, and marks the entry of the action as done in the same transaction: both are stored, or neither. Without
 * an action under way it only changes the rows.
 */
export function changeRows<T>(
  dataSource: DataSource,
  change: (manager: EntityManager) => Promise<T>,
  about: (result: T) => AuditSubject | undefined = () => ({}),
): Promise<T> {
  return dataSource.transaction(async (manager) => {
    const result = await change(manager);
    const { entry } = whoActs();
    const done = about(result);
    if (entry !== undefined && done) await markDone(manager, entry, { status: 200, code: null, ...done });
    return result;
  });
}

/** What has come of an action. */
export interface AuditOutcome extends AuditSubject {
  /** As of an HTTP answer. */
  readonly status: number;
  readonly code: string | null;
}

/** Stores the outcome of an action. With `ends`, no later outcome counts, and the same outcome changes nothing. */
export async function markDone(
  manager: EntityManager,
  entry: string,
  { status, code, project, lane, subject, versionAfter }: AuditOutcome,
  ends = false,
): Promise<void> {
  await manager.query(
    `UPDATE audit SET status = $2, code = $3, project = coalesce(project, $4), lane = coalesce(lane, $5),
       subject = coalesce(subject, $6), version_after = coalesce($7, version_after), ended_at = CASE WHEN $8 THEN now() END
     WHERE id = $1 AND NOT ($8 AND ended_at IS NOT NULL)`,
    [entry, status, code, project ?? null, lane ?? null, subject ?? null, versionAfter ?? null, ends],
  );
}

/** For an action that may find nothing to change. */
export function ifDone(isDone: boolean): AuditSubject | undefined {
  return isDone ? {} : undefined;
}
