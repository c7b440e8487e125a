import type { EntityManager } from 'typeorm';
import { Lane } from '../entities';
import { numbersOf, sceneIds } from '../stages';
import { STAGES, StoryreelError, type OpenedRun, type OpenRequest, type ProjectId, type StagePlan } from '../protocol';

/** The scope of a run: stages, and scenes if not all are wanted. */
export type PlannedRun = Pick<OpenedRun, 'plan' | 'scenes' | 'sceneIds'>;

/**
 * All stages; or the requested ones; or, if scenes are requested, everything that belongs to them, and the film. Throws
 * `Stage.Unknown`. Throws `Project.Invalid` if a scene does not exist, or a stage needs a result that does not exist.
 */
export async function planRun(
  manager: EntityManager,
  { projectId, stages, scenes, gates }: OpenRequest,
): Promise<PlannedRun> {
  checkStages(gates);
  if (!stages && !scenes) return { plan: STAGES };
  checkNamed({ ...(stages && { stages }), ...(scenes && { scenes }) });
  const ids = await sceneIds(manager, projectId);
  const there = numbersOf(ids);
  const missing = scenes?.find((scene) => !there.includes(scene));
  if (missing !== undefined && !stages?.includes('storyboard')) {
    throw new StoryreelError(
      'Project.Invalid',
      there.length === 0
        ? `There is no scene ${missing} yet: the storyboard is not made. Run that first, with the stages rewrite and storyboard.`
        : `There is no scene ${missing}. There are scenes 1 to ${there.length}.`,
    );
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
  return { plan, scenes: own, sceneIds: ids };
}

/** Throws `Stage.Unknown`, and `Project.Invalid` if nothing is named. */
export function checkNamed({ stages, scenes }: Pick<OpenRequest, 'stages' | 'scenes'>): void {
  if (stages?.length === 0 || scenes?.length === 0) {
    throw new StoryreelError(
      'Project.Invalid',
      'Nothing was named to run. Name a stage or a scene, or leave it out for all.',
    );
  }
  checkStages(stages);
}

function checkStages(stages: readonly string[] | undefined): void {
  const unknown = stages?.find((stage) => !STAGES.some(({ name }) => name === stage));
  if (unknown !== undefined)
    throw new StoryreelError(
      'Stage.Unknown',
      `There is no stage "${unknown}". The stages are ${STAGES.map(({ name }) => name).join(', ')}.`,
    );
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
      throw new StoryreelError(
        'Project.Invalid',
        `${name} needs ${lacking}, which is not made yet. Run the stage ${need.name} first, or along with it.`,
      );
    }
  }
}

async function settledLanes(manager: EntityManager, projectId: ProjectId): Promise<ReadonlySet<string>> {
  const lanes = await manager.findBy(Lane, { projectId });
  return new Set(lanes.filter(({ settledFence }) => settledFence !== null).map(({ lane }) => lane));
}
