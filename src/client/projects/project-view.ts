import type { DataSource } from 'typeorm';
import type { Config } from '../../config';
import { laneCosts, usageTotals } from '../../entities';
import { settingsOf } from '../../planning';
import {
  defined,
  laneParts,
  projectNotFound,
  STAGES,
  workflowIdOf,
  type EventError,
  type FilmReference,
  type LaneId,
  type LaneStatus,
  type ProjectId,
  type ProjectStatus,
  type UsageTotals,
} from '../../protocol';
import { loadStatusRows } from '../watch/project-rows';

/** The status of a stage. */
export interface StageView {
  readonly stage: string;
  readonly status: LaneStatus;
  readonly attempt: number;
  readonly error?: EventError;
}

/** The status of a lane. */
export interface LaneStateView {
  readonly lane: LaneId;
  readonly status: LaneStatus;
  readonly attempt: number;
  readonly error?: EventError;
  /** The outage that a lane with status `processing` waits for; the lane continues automatically. */
  readonly waitsFor?: EventError;
  /** What its calls have cost in all runs; absent if no price is known. */
  readonly cost?: number;
}

/** The status of a project, as Postgres has it. */
export interface ProjectView {
  readonly projectId: ProjectId;
  readonly name: string;
  readonly topic: string;
  readonly status: ProjectStatus;
  readonly workflowId: string;
  /** Grows with every edit; an edit of another version is refused. */
  readonly version: number;
  /** The story run id of the last run. */
  readonly runId?: string;
  /** The page of the last run in Temporal's own UI; set if `TEMPORAL_UI_URL` is set. */
  readonly temporalUrl?: string;
  readonly error?: EventError;
  readonly stages: readonly StageView[];
  readonly lanes: readonly LaneStateView[];
  readonly film?: FilmReference;
  /** As they were given; without them, the language of the topic and the frame of `FRAME_SIZE`. */
  readonly language?: string;
  readonly frame?: string;
  /** In all runs. */
  readonly usage: UsageTotals;
  /** The most that all runs together may cost. */
  readonly budget?: number;
  /** What calls under way, and calls of which only an estimate is known, may cost beyond `usage.cost`. */
  readonly reserved?: number;
}

type TemporalPage = Pick<Config, 'TEMPORAL_UI_URL' | 'TEMPORAL_NAMESPACE'>;

function runUrl(
  { TEMPORAL_UI_URL: base = '', TEMPORAL_NAMESPACE: namespace }: TemporalPage,
  id: ProjectId,
  runId: string,
) {
  const [space, workflow, run] = [namespace, workflowIdOf(id), runId].map(encodeURIComponent);
  return `${base.replace(/\/+$/, '')}/namespaces/${space}/workflows/${workflow}/${run}/history`;
}

/** The status of a project. Throws `Project.NotFound`. */
export async function loadProjectView(
  dataSource: DataSource,
  projectId: ProjectId,
  page: TemporalPage,
): Promise<ProjectView> {
  // All at once: one after the other, each would wait for Postgres and for its turn in a busy process.
  const [rows, usage, costs] = await Promise.all([
    loadStatusRows(dataSource, projectId),
    usageTotals(dataSource.manager, projectId),
    laneCosts(dataSource.manager, projectId),
  ]);
  if (!rows) throw projectNotFound(projectId);
  const { project, film } = rows;
  const priced = new Map(costs.flatMap(({ lane, cost }) => (cost === null ? [] : [[lane, { cost }] as const])));
  const reserved = costs.reduce((sum, each) => sum + each.reserved, 0);
  const { language, frame } = settingsOf(project);
  const position = (stage: string) => {
    const at = STAGES.findIndex(({ name }) => name === stage);
    return at < 0 ? STAGES.length : at;
  };
  const order = (lane: LaneId) => {
    const { stage, scene } = laneParts(lane);
    return position(stage) * 1_000_000 + (scene ?? 0);
  };
  return {
    projectId,
    name: project.name,
    topic: project.topic,
    status: project.status,
    workflowId: workflowIdOf(projectId),
    version: project.version,
    ...(project.runId !== null && { runId: project.runId }),
    ...(page.TEMPORAL_UI_URL !== undefined &&
      project.runId !== null && { temporalUrl: runUrl(page, projectId, project.runId) }),
    ...(project.error && { error: project.error }),
    stages: [...rows.stages]
      .sort((a, b) => position(a.stage) - position(b.stage) || a.stage.localeCompare(b.stage))
      .map(({ stage, status, attempt, error }) => ({ stage, status, attempt, ...(error && { error }) })),
    lanes: [...rows.lanes]
      .sort((a, b) => order(a.lane) - order(b.lane) || a.lane.localeCompare(b.lane))
      .map(({ lane, status, attempt, error, waitsFor }) => ({
        lane,
        status,
        attempt,
        ...(error && { error }),
        ...(waitsFor && status === 'processing' && { waitsFor }),
        ...priced.get(lane),
      })),
    ...defined({ film, language, frame }),
    usage,
    ...(project.budget !== null && { budget: project.budget }),
    ...(reserved > 0 && { reserved }),
  };
}
