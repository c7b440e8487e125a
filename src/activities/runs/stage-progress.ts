import type { DataSource, EntityManager } from 'typeorm';
import { lockProject, type Lane, type ProjectStage } from '../../entities';
import { fenceOf, laneParts, type LaneId, type ProjectId } from '../../protocol';
import type { StoredResult } from '../../stages';
import type { LegacyMessage } from '../../stream';
import { timeOf } from '../lanes/clock';
import type { EndSource } from './publish-end';

/** A lane whose end is announced in this run. */
export interface AnnouncedLane {
  readonly projectId: ProjectId;
  readonly lane: LaneId;
  /** The story run id: each run announces a lane once. */
  readonly runId: string;
}

/**
 * Publishes the progress of the stage and, with its last announced lane, the end of the stage. Publishes nothing if the
 * lane has begun anew since.
 */
export async function publishStageProgress(
  { dataSource, log }: EndSource,
  /** `fence`: that of the attempt which has ended the lane. */
  announced: AnnouncedLane & Pick<Lane, 'fence'>,
  made?: StoredResult['metadata'],
): Promise<void> {
  const { projectId, lane, runId } = announced;
  const { stage, scene } = laneParts(lane);
  const counted = await countAnnounced(dataSource, announced);
  if (!counted.isMarked) return;
  const { skipped, current, total, newest } = counted;
  const marks = marksOf(runId, stage);

  if (scene !== undefined) {
    const progress = {
      type: 'progress' as const,
      current,
      total,
      progress: Math.floor((100 * current) / total),
      item_name: `scene ${scene}`,
    };
    await log.publish({
      projectId,
      stage,
      events: [progress],
      once: { key: marks.progress, value: progressValue(counted.fence, current) },
      legacy: [{ stage, body: progress }],
    });
  }
  if (current < total) return;
  // For a stage that runs once, the stage's result: a script finds the film's file here.
  const metadata = {
    completed: current - skipped,
    total,
    ...(skipped > 0 && { skipped }),
    ...(scene === undefined && made),
  };
  await log.publish({
    projectId,
    stage,
    events: [{ type: 'stage_completed', metadata }],
    once: { key: marks.end, value: newest },
    legacy: stageEnd(stage, counted, metadata),
  });
}

/**
 * A rejection takes back what was announced of a stage. A step that has counted before it may have been frozen since, and
 * wake at any time. From here on the log refuses what that step publishes. `fence`: that of the rejection.
 */
export async function forgetStageProgress(
  { log }: Pick<EndSource, 'log'>,
  { projectId, runId, stage }: Pick<AnnouncedLane, 'projectId' | 'runId'> & Pick<ProjectStage, 'stage'>,
  fence: number,
): Promise<void> {
  const { progress, end } = marksOf(runId, stage);
  for (const once of [
    { key: progress, value: progressValue(fence, 0) },
    { key: end, value: fence },
  ]) {
    await log.publish({ projectId, stage, events: [], once });
  }
}

/** The once-marks of a stage in a run. */
function marksOf(runId: string, stage: string) {
  return { progress: `progress:${runId}:${stage}`, end: `stage:${runId}:${stage}` };
}

/**
 * After a rejection there is less of a stage than before, and its fence is newer. The last three digits of a fence have
 * room for a count of scenes.
 */
function progressValue(fence: number, current: number): number {
  return fenceOf(timeOf(fence), current);
}

/** Viewers of this run know that it is done; what an earlier run has made of it does not count. */
export function isAnnounced({ status, announcedRunId }: Lane, runId: string): boolean {
  return (status === 'completed' || status === 'skipped') && announcedRunId === runId;
}

type Announced = Pick<ProjectStage, 'fence' | 'text' | 'sha256' | 'textBytes'> & {
  readonly isMarked: boolean;
  readonly current: number;
  readonly skipped: number;
  readonly total: number;
  readonly newest: number;
};

/**
 * Records that the lane is announced in this run, unless it has begun anew since, and counts the announced lanes of its
 * stage. If the stage has more than one lane, they do so one after the other.
 */
async function countAnnounced(
  dataSource: DataSource,
  { projectId, lane, fence, runId }: AnnouncedLane & Pick<Lane, 'fence'>,
): Promise<Announced> {
  const { stage, scene } = laneParts(lane);
  const count = async (manager: EntityManager) => {
    const [counted] = await manager.query<[Announced?]>(
      // The counts are of before the mark, except for the own lane.
      `WITH mark AS (
         UPDATE lanes SET announced_run_id = $4, updated_at = now()
         WHERE project_id = $1 AND lane = $3 AND fence = $5 AND status IN ('completed', 'skipped') RETURNING 1)
       SELECT EXISTS (SELECT 1 FROM mark) AS "isMarked", s.fence::float8, s.text, s.sha256, s.text_bytes AS "textBytes", count(*)::int AS total,
              max(l.fence)::float8 AS newest,
              count(*) FILTER (WHERE l.status IN ('completed', 'skipped') AND $4 = own.run)::int AS current,
              count(*) FILTER (WHERE l.status = 'skipped' AND $4 = own.run)::int AS skipped
       FROM project_stages s JOIN lanes l ON l.project_id = s.project_id AND l.stage = s.stage,
            LATERAL (SELECT CASE WHEN l.lane = $3 THEN $4 ELSE l.announced_run_id END AS run) AS own
       WHERE s.project_id = $1 AND s.stage = $2 GROUP BY s.id`,
      [projectId, stage, lane, runId, fence],
    );
    if (!counted) throw new Error(`${lane} has no row to be announced from`);
    return counted;
  };
  if (scene === undefined) return count(dataSource.manager);
  return dataSource.transaction(async (manager) => {
    await lockProject(manager, projectId);
    return count(manager);
  });
}

/** How a legacy client that listens to one stage learns that it has ended: always by `done`. */
function stageEnd(stage: string, row: Announced, metadata: Readonly<Record<string, unknown>>): LegacyMessage[] {
  return [
    {
      stage,
      body: {
        type: 'done',
        full_text: row.text ?? '',
        metadata: { ...metadata, length: row.textBytes ?? 0, ...(row.sha256 !== null && { sha256: row.sha256 }) },
      },
    },
    { stage, body: { type: 'stage_completed', metadata } },
  ];
}
