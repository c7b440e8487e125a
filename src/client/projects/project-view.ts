import type { Config } from '../../config';
import {
  laneParts,
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
import type { ProjectStanding } from '../watch/project-rows';

export interface StageView {
  readonly stage: string;
  readonly status: LaneStatus;
  readonly attempt: number;
  readonly error?: EventError;
}

export interface LaneStateView {
  readonly lane: LaneId;
  readonly status: LaneStatus;
  readonly attempt: number;
  readonly error?: EventError;
  /** The outage that a lane which is `processing` waits for; it continues by itself. */
  readonly waitsFor?: EventError;
}

/** Where a project stands, as Postgres has it. */
export interface ProjectView {
  readonly projectId: ProjectId;
  readonly name: string;
  readonly topic: string;
  readonly status: ProjectStatus;
  readonly workflowId: string;
  /** Grows with every edit; an edit of another version is refused. */
  readonly version: number;
  /** Of the last run. */
  readonly runId?: string;
  /** Of the last run on Temporal's own page; where `TEMPORAL_UI_URL` is set. */
  readonly temporalUrl?: string;
  readonly error?: EventError;
  readonly stages: readonly StageView[];
  readonly lanes: readonly LaneStateView[];
  readonly film?: FilmReference;
  /** In all runs. */
  readonly usage: UsageTotals;
  /** What all runs together may cost. */
  readonly budget?: number;
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

export function projectView(
  projectId: ProjectId,
  truth: ProjectStanding,
  usage: UsageTotals,
  page?: TemporalPage,
): ProjectView {
  const { project, film } = truth;
  const position = (stage: string) => STAGES.findIndex(({ name }) => name === stage);
  const order = (lane: string) => {
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
    ...(page?.TEMPORAL_UI_URL !== undefined &&
      project.runId !== null && { temporalUrl: runUrl(page, projectId, project.runId) }),
    ...(project.error && { error: project.error }),
    stages: [...truth.stages]
      .sort((a, b) => position(a.stage) - position(b.stage))
      .map(({ stage, status, attempt, error }) => ({ stage, status, attempt, ...(error && { error }) })),
    lanes: [...truth.lanes]
      .sort((a, b) => order(a.lane) - order(b.lane))
      .map(({ lane, status, attempt, error, waitsFor }) => ({
        ...{ lane: lane as LaneId, status, attempt },
        ...(error && { error }),
        ...(waitsFor && status === 'processing' && { waitsFor }),
      })),
    ...(film && { film }),
    usage,
    ...(project.budget !== null && { budget: project.budget }),
  };
}
