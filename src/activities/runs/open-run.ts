import { activityInfo } from '@temporalio/activity';
import { LessThanOrEqual, type EntityManager } from 'typeorm';
import { afterCommit, Lane, Project, ProjectStage } from '../../entities';
import { knownStages, planRun, settingsForNewRun, type PlannedRun } from '../../planning';
import {
  projectNotFound,
  storyRunIdOf,
  StoryreelError,
  type OpenedRun,
  type OpenRequest,
  type ProjectId,
  type ProjectStatus,
  type StagePlan,
} from '../../protocol';
import { clockWentBack } from '../lanes/clock';
import type { StoryMetrics } from '../../telemetry';
import type { ActivityDeps } from '../deps';
import { currentFence } from '../lanes/current-fence';
import { BUSY } from './end-run';
import { publishOpened } from './run-status';

/**
 * Begins a run: every stage and lane of the plan is pending again. Committed results stay until new ones replace them.
 * Throws `Project.Invalid` if the plan needs a result that neither it nor an earlier run produces.
 */
export async function openRun(deps: ActivityDeps, request: OpenRequest): Promise<OpenedRun> {
  const { projectId } = request;
  const runId = storyRunIdOf(activityInfo().workflowExecution?.runId ?? '');
  const runFence = currentFence();
  const planned = await deps.dataSource.transaction(async (manager) => {
    const before = await manager.findOneBy(Project, { id: projectId });
    // Decided once, even if an earlier attempt on another worker has opened the run and its answer was lost.
    const isDecided = request.keepSettings || before?.runId === runId;
    const runSettings = (isDecided && before?.runSettings) || (await settingsForNewRun(manager, deps));
    const { affected } = await manager.update(
      Project,
      { id: projectId, runFence: LessThanOrEqual(runFence) },
      { status: 'processing', runId, runSettings, runFence, error: null, startedAt: new Date(), finishedAt: null },
    );
    if (affected !== 1) {
      const found = await manager.findOne(Project, { select: { runFence: true }, where: { id: projectId } });
      if (!found) throw projectNotFound(projectId);
      const early = clockWentBack('the project', found.runFence, runFence);
      if (early) throw early;
      throw new StoryreelError('Run.Gone', `This run of project ${projectId} has ended, or another one has begun.`);
    }
    const known = await knownStages({ ...deps, dataSource: { manager } });
    const chosen = await planRun(manager, known, request);
    await resetRows(manager, { projectId, runId }, chosen, known);
    afterCommit(manager, () => countStart(deps.metrics, before?.status));
    return chosen;
  });
  deps.logger.info({ projectId, runId, stages: planned.plan.map(({ name }) => name) }, 'run started');
  await publishOpened(deps, { projectId, runId, status: 'processing', fence: runFence });
  return { ...planned, runId, runFence };
}

async function resetRows(
  manager: EntityManager,
  { projectId, runId }: { readonly projectId: ProjectId; readonly runId: string },
  { plan, scenes }: PlannedRun,
  known: readonly StagePlan[],
): Promise<void> {
  await manager
    .createQueryBuilder()
    .insert()
    .into(ProjectStage)
    .values(known.map(({ name }) => ({ projectId, stage: name })))
    .orIgnore()
    .execute();
  await manager
    .createQueryBuilder()
    .insert()
    .into(Lane)
    .values(
      known.filter(({ scope }) => scope === 'project').map(({ name }) => ({ projectId, lane: name, stage: name })),
    )
    .orIgnore()
    .execute();
  const stages = plan.map(({ name }) => name);
  await manager.query(
    `UPDATE project_stages SET status = 'pending', error = NULL, started_at = NULL, finished_at = NULL, updated_at = now()
     WHERE project_id = $1 AND stage = ANY ($2::text[])`,
    [projectId, stages],
  );
  const ofRun = `project_id = $1 AND stage = ANY ($2::text[])
     AND (sequence_number IS NULL OR $3::int[] IS NULL OR sequence_number = ANY ($3::int[]))`;
  await manager.query(
    `UPDATE lanes SET status = 'pending', error = NULL, started_at = NULL, finished_at = NULL, updated_at = now()
     WHERE ${ofRun}`,
    [projectId, stages, scenes ?? null],
  );
  // Lanes that this run does not change count as announced, so that the run's own lanes complete the stage.
  await manager.query(
    `UPDATE lanes SET announced_run_id = $4 WHERE project_id = $1 AND stage = ANY ($2::text[]) AND NOT (${ofRun})
       AND status IN ('completed', 'skipped')`,
    [projectId, stages, scenes ?? null, runId],
  );
}

/**
 * Counts a run that has been opened, once. A run that was opened before, or that continues after an edit, is not
 * counted.
 */
function countStart(metrics: StoryMetrics | undefined, before: ProjectStatus | undefined): void {
  if (!BUSY.some((busy) => busy === before)) metrics?.runs.started.of({}).add(1);
}
