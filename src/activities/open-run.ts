import { activityInfo } from '@temporalio/activity';
import type { EntityManager } from 'typeorm';
import { Lane, Project, ProjectStage, Scene } from '../entities';
import {
  fenceOf,
  STAGES,
  StoryreelError,
  type OpenedRun,
  type OpenRequest,
  type ProjectId,
  type StagePlan,
} from '../protocol';
import type { ActivityDeps } from './deps';
import { publishForRun } from './run-lifecycle';

/**
 * Begins a run: every stage and lane of the plan is pending again. What they hold stays until it is made anew. Throws
 * `Project.Invalid` where the plan needs what neither it nor an earlier run has made.
 */
export async function openRun(deps: ActivityDeps, request: OpenRequest): Promise<OpenedRun> {
  const { projectId } = request;
  const info = activityInfo();
  const runId = info.workflowExecution?.runId ?? '';
  const planned = await deps.dataSource.transaction(async (manager) => {
    const { affected } = await manager.update(
      Project,
      { id: projectId },
      { status: 'processing', runId, error: null, startedAt: new Date(), finishedAt: null },
    );
    if (affected !== 1) throw new StoryreelError('Project.NotFound', `There is no project ${projectId}.`);
    const chosen = await planOf(manager, request);
    await resetRows(manager, projectId, runId, chosen);
    return chosen;
  });
  await deps.log
    .keep(projectId)
    .then(() => publishForRun(deps, projectId, [{ type: 'stage_update', status: 'processing' }], `open:${runId}`))
    .catch(() => undefined);
  return { ...planned, runId, runFence: fenceOf(info.currentAttemptScheduledTimestampMs, info.attempt) };
}

type Planned = Pick<OpenedRun, 'plan' | 'scenes'>;

/** All stages; or those asked for; or, where scenes are asked for, all that belongs to them and the film. */
async function planOf(manager: EntityManager, { projectId, stages, scenes }: OpenRequest): Promise<Planned> {
  if (!stages && !scenes) return { plan: STAGES };
  const unknown = stages?.find((stage) => !STAGES.some(({ name }) => name === stage));
  if (unknown !== undefined) throw new StoryreelError('Stage.Unknown', `There is no stage ${unknown}.`);
  const rows = await manager.find(Scene, { where: { projectId }, order: { sequenceNumber: 'ASC' } });
  const there = rows.map(({ sequenceNumber }) => sequenceNumber);
  const missing = scenes?.find((scene) => !there.includes(scene));
  if (missing !== undefined && !stages?.includes('storyboard')) {
    throw new StoryreelError('Project.Invalid', `The project has no scene ${missing}.`);
  }
  const settled = await settledLanes(manager, projectId);
  const others = there.filter((scene) => !scenes?.includes(scene));
  const isWhole = others.every((scene) => settled.has(`video_generation/${scene}`));
  const plan: readonly StagePlan[] = STAGES.filter(({ name, scope }) =>
    stages ? stages.includes(name) : scope === 'scene' || (name === 'film' && isWhole),
  );
  if (plan.some(({ name }) => name === 'storyboard')) return { plan, ...(scenes && { scenes }) };
  const own = scenes ?? there;
  checkNeeds(plan, own, there, settled);
  return { plan, scenes: own };
}

/** Everything that the plan needs of other stages must be there. */
function checkNeeds(
  plan: readonly StagePlan[],
  own: readonly number[],
  there: readonly number[],
  settled: ReadonlySet<string>,
): void {
  for (const { name, scope, needs, without } of plan) {
    for (const need of STAGES.filter((stage) => needs.includes(stage.name) && !without?.includes(stage.name))) {
      if (plan.includes(need)) continue;
      const scenes = scope === 'scene' ? own : there;
      const lanes = need.scope === 'scene' ? scenes.map((scene) => `${need.name}/${scene}`) : [need.name];
      const lacking = lanes.find((lane) => !settled.has(lane));
      if (lacking === undefined) continue;
      throw new StoryreelError('Project.Invalid', `${name} needs ${lacking}, which is not made yet. Run it first.`);
    }
  }
}

async function settledLanes(manager: EntityManager, projectId: ProjectId): Promise<ReadonlySet<string>> {
  const lanes = await manager.findBy(Lane, { projectId });
  return new Set(lanes.filter(({ settledFence }) => settledFence !== null).map(({ lane }) => lane));
}

async function resetRows(
  manager: EntityManager,
  projectId: ProjectId,
  runId: string,
  { plan, scenes }: Planned,
): Promise<void> {
  await manager
    .createQueryBuilder()
    .insert()
    .into(ProjectStage)
    .values(STAGES.map(({ name }) => ({ projectId, stage: name })))
    .orIgnore()
    .execute();
  await manager
    .createQueryBuilder()
    .insert()
    .into(Lane)
    .values(
      STAGES.filter(({ scope }) => scope === 'project').map(({ name }) => ({ projectId, lane: name, stage: name })),
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
  // What this run leaves as it is counts as told, so that the end of a stage comes with the run's own lanes.
  await manager.query(
    `UPDATE lanes SET announced_run_id = $4 WHERE project_id = $1 AND stage = ANY ($2::text[]) AND NOT (${ofRun})
       AND status IN ('completed', 'skipped')`,
    [projectId, stages, scenes ?? null, runId],
  );
}
