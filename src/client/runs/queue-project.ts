import type { DataSource } from 'typeorm';
import type { Project } from '../../entities';
import { FINAL_STATUSES, type StoryRunId } from '../../protocol';

/**
 * Stores that a run of the project has begun, unless the run has already stored it. New viewers must not take the last
 * run's end for this run's end. The reconciler must not take the row for the remains of a terminated run. `before` is
 * the project before the run was started; a run that was `joined` may have been open before.
 */
export async function queueProject(
  dataSource: DataSource,
  before: Pick<Project, 'id' | 'runId'>,
  run: { readonly runId: StoryRunId; readonly joined: boolean },
): Promise<void> {
  await dataSource.query(
    `UPDATE projects SET status = 'queued', error = NULL, updated_at = now()
     WHERE id = $1 AND run_id IS DISTINCT FROM $2 AND run_id IS NOT DISTINCT FROM $3
       AND (NOT $4 OR status = ANY ($5::text[]))`,
    [before.id, run.runId, before.runId, run.joined, ['draft', ...FINAL_STATUSES]],
  );
}
