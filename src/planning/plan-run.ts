import type { EntityManager } from 'typeorm';
import { Lane } from '../entities';
import { numbersOf, sceneIds } from '../stages';
import {
  checkStages,
  defined,
  laneOfRole,
  stageOfRole,
  StoryreelError,
  type OpenedRun,
  type OpenRequest,
  type ProjectId,
  type StagePlan,
} from '../protocol';

/** The scope of a run: stages, and scenes if not all are wanted. */
export type PlannedRun = Pick<OpenedRun, 'plan' | 'scenes' | 'sceneIds'>;

/**
 * All known stages; or the requested ones; or, if scenes are requested, everything that belongs to them, and the film. Throws
 * `Stage.Unknown`. Throws `Project.Invalid` if a scene does not exist, or a stage needs a result that does not exist.
 */
export async function planRun(
  manager: EntityManager,
  known: readonly StagePlan[],
  { projectId, stages, scenes, gates }: OpenRequest,
): Promise<PlannedRun> {
  checkStages(known, gates);
  if (!stages && !scenes) return { plan: known };
  checkNamed(known, defined({ stages, scenes }));
  const board = stageOfRole('scenes').name;
  const ids = await sceneIds(manager, projectId);
  const there = numbersOf(ids);
  const missing = scenes?.find((scene) => !there.includes(scene));
  if (missing !== undefined && !stages?.includes(board)) {
    throw new StoryreelError(
      'Project.Invalid',
      there.length === 0
        ? `There is no scene ${missing} yet: the storyboard is not made. Run that first, with the stages ${stageOfRole('story').name} and ${board}.`
        : `There is no scene ${missing}. There are scenes 1 to ${there.length}.`,
    );
  }
  const settled = await settledLanes(manager, projectId);
  const others = there.filter((scene) => !scenes?.includes(scene));
  const isWhole = others.every((scene) => settled.has(laneOfRole('clip', scene)));
  const plan = known.filter(({ name, kind, scope }) =>
    stages ? stages.includes(name) : scope === 'scene' || (kind === 'film' && isWhole),
  );
  if (plan.some(({ name }) => name === board)) return { plan, ...(scenes && { scenes }) };
  const own = scenes ?? there;
  checkNeeds({ plan, known }, own, there, settled);
  return { plan, scenes: own, sceneIds: ids };
}

/** Throws `Stage.Unknown`, and `Project.Invalid` if nothing is named. */
export function checkNamed(
  known: readonly StagePlan[],
  { stages, scenes }: Pick<OpenRequest, 'stages' | 'scenes'>,
): void {
  if (stages?.length === 0 || scenes?.length === 0) {
    throw new StoryreelError(
      'Project.Invalid',
      'Nothing was named to run. Name a stage or a scene, or leave it out for all.',
    );
  }
  checkStages(known, stages);
}

/** Everything that the plan needs of other stages must be there. */
function checkNeeds(
  { plan, known }: { readonly plan: readonly StagePlan[]; readonly known: readonly StagePlan[] },
  own: readonly number[],
  there: readonly number[],
  settled: ReadonlySet<string>,
): void {
  for (const { name, scope, needs, without } of plan) {
    for (const need of known.filter((stage) => needs.includes(stage.name) && !without?.includes(stage.name))) {
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
    const ofScenes = known.some((stage) => stage.scope === 'scene' && [name, ...needs].includes(stage.name));
    if (there.length > 0 || !ofScenes) continue;
    throw new StoryreelError(
      'Project.Invalid',
      `${name} needs scenes, and there is none yet. Run the stage ${stageOfRole('scenes').name} first, or along with it.`,
    );
  }
}

async function settledLanes(manager: EntityManager, projectId: ProjectId): Promise<ReadonlySet<string>> {
  const lanes = await manager.findBy(Lane, { projectId });
  return new Set(lanes.filter(({ settledFence }) => settledFence !== null).map(({ lane }) => lane));
}
