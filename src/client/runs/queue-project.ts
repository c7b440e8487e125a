import type { DataSource } from 'typeorm';
import type { Project } from '../../entities';

/**
 * Says of a project that a run of it has begun, unless that run is ahead and says so itself: viewers who come now must not
 * take the last run's end for this one's, nor the reconciler a row that a terminated run has left for one without a run.
 * `before` is the project as it was before the run was started; a run that was `joined` may have been going on already.
 */
export async function queueProject(
  dataSource: DataSource,
  before: Pick<Project, 'id' | 'runId'>,
  run: { readonly runId: string; readonly joined: boolean },
): Promise<void> {
  await dataSource.query(
    `UPDATE projects SET status = 'queued', error = NULL, updated_at = now()
     WHERE id = $1 AND run_id IS DISTINCT FROM $2 AND run_id IS NOT DISTINCT FROM $3
       AND (NOT $4 OR status IN ('draft', 'completed', 'failed', 'cancelled'))`,
    [before.id, run.runId, before.runId, run.joined],
  );
}
