import { createHash } from 'node:crypto';
import { PIPELINE, type LaneId, type LaneSnapshot, type ProjectId, type SnapshotEvent } from '../../protocol';
import type { LogSnapshot } from '../../stream';
import type { ProjectRows } from './project-rows';

/**
 * Builds a snapshot: results and statuses from Postgres, unfinished texts from the log. The log must be read before
 * Postgres, which is always ahead of it: then every event after the cursor still applies.
 */
export function snapshotOf(projectId: ProjectId, rows: ProjectRows, log: LogSnapshot | undefined): SnapshotEvent {
  const lanes: Record<LaneId, LaneSnapshot> = {};
  for (const row of rows.lanes) {
    const { lane } = row;
    const live = log?.lanes.get(lane);
    const settled = rows.texts.get(lane);
    const shown =
      settled && (row.status === 'completed' || !live)
        ? {
            text: settled.text,
            fence: row.status === 'completed' ? row.fence : (row.settledFence ?? 0),
            sha256: settled.sha256,
            verified: createHash('sha256').update(settled.text).digest('hex') === settled.sha256,
          }
        : live
          ? { text: live.text, fence: live.fence }
          : { fence: row.fence };
    lanes[lane] = {
      status: row.status,
      offset: Buffer.byteLength(shown.text ?? ''),
      attempt: row.attempt,
      ...shown,
      ...(row.error && { error: row.error }),
    };
  }
  const { project, scenes, film } = rows;
  return {
    type: 'snapshot',
    project_id: projectId,
    stage: PIPELINE,
    timestamp: Date.now() / 1000,
    ...(log?.cursor && { id: log.cursor, cursor: log.cursor }),
    status: project.status,
    topic: project.topic,
    lanes,
    scenes,
    ...(film && { film }),
  };
}
