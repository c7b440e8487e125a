import { activityInfo } from '@temporalio/activity';
import { Lane } from '../entities';
import { laneParts, type LaneId, type ProjectId } from '../protocol';
import type { ActivityDeps } from './deps';
import { ownFence } from './own-fence';

/**
 * Tells viewers of the lanes that the run began and did not finish: their text, as far as it came, is all there will be. Told
 * under this step's own fence, which keeps their attempts out from then on: one that comes back from the dead after the
 * run's end can add nothing. Rejects where the log cannot be reached.
 */
export async function tellEndedLanes({ dataSource, log }: ActivityDeps, projectId: ProjectId): Promise<void> {
  const { workflowExecution } = activityInfo();
  const fence = ownFence();
  const lanes = await dataSource.manager.findBy(Lane, { projectId });
  const unfinished = lanes.filter(
    ({ status, startedAt }) => startedAt && status !== 'completed' && status !== 'skipped',
  );
  await Promise.all(
    unfinished.map((row) => {
      const lane = row.lane as LaneId;
      return log.publish({
        projectId,
        stage: laneParts(lane).stage,
        writer: { projectId, lane, fence, attempt: row.attempt },
        events: [{ type: 'stage_update', status: row.status }],
        mark: { key: `ended:${workflowExecution?.runId}:${lane}`, value: 1 },
      });
    }),
  );
}
