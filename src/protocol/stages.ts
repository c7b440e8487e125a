import { StoryreelError } from './errors';
import { laneId, laneParts, type LaneId, type ProjectId } from './ids';

/** What a lane needs to run on. It decides the lane's activity and task queue, so that each kind has its own limit. */
export type LaneKind = 'text' | 'image' | 'video' | 'film';
/** The kinds of lanes; each has a task queue. */
export const LANE_KINDS = ['text', 'image', 'video', 'film'] as const satisfies readonly LaneKind[];

/**
 * One stage in the order of work. A run records the plan that it began with, so a new stage never breaks a live run.
 * Glossary: stage.
 */
export interface StagePlan {
  readonly name: string;
  readonly kind: LaneKind;
  /** `project`: one lane. `scene`: one lane for each scene that the storyboard gave. */
  readonly scope: 'project' | 'scene';
  /** A scene's lane needs its own scene's lanes only; a project's lane needs all scenes'. */
  readonly needs: readonly string[];
  /** Those of `needs` that a person may skip without stopping this stage. */
  readonly without?: readonly string[];
  /** What its result is to a film, if the product shows or edits it in a way of its own. Stages from outside have none. */
  readonly role?: StageRole;
}

/** At most one stage has each: `story` and `scenes` are texts that people edit, the others what a scene or the film shows. */
export type StageRole = 'story' | 'scenes' | 'image' | 'camera' | 'clip' | 'film';

/** The plan of a new run. Glossary: plan. */
export const STAGES = [
  { name: 'rewrite', kind: 'text', scope: 'project', needs: [], role: 'story' },
  { name: 'storyboard', kind: 'text', scope: 'project', needs: ['rewrite'], without: ['rewrite'], role: 'scenes' },
  { name: 'image_generation', kind: 'image', scope: 'scene', needs: ['storyboard'], role: 'image' },
  { name: 'camera_movement', kind: 'text', scope: 'scene', needs: ['storyboard'], role: 'camera' },
  {
    name: 'video_generation',
    kind: 'video',
    scope: 'scene',
    needs: ['image_generation', 'camera_movement'],
    without: ['camera_movement'],
    role: 'clip',
  },
  {
    name: 'film',
    kind: 'film',
    scope: 'project',
    needs: ['video_generation'],
    without: ['video_generation'],
    role: 'film',
  },
] as const satisfies readonly StagePlan[];

/** The stages that come with Storyreel. */
export type BuiltInStage = (typeof STAGES)[number]['name'];

/** The name of a stage of ours, or of one that a package has brought. */
export type StageName = BuiltInStage | (string & {});

/** The stage under which events of the whole run are published. */
export const PIPELINE = 'pipeline';

/** Whether the stage comes with Storyreel. */
export function isBuiltIn(stage: string): stage is BuiltInStage {
  return STAGES.some(({ name }) => name === stage);
}

/** Our own stage that makes this of a film. */
export function stageOfRole(role: StageRole): (typeof STAGES)[number] {
  const found = STAGES.find((stage) => stage.role === role);
  if (!found) throw new Error(`no stage has the role ${role}`);
  return found;
}

/** The lane of that stage. */
export function laneOfRole(role: StageRole, scene?: number): LaneId {
  return laneId(stageOfRole(role).name, scene);
}

/** Undefined for a lane of a stage from outside. */
export function roleOf(lane: LaneId): StageRole | undefined {
  const { stage } = laneParts(lane);
  return STAGES.find(({ name }) => name === stage)?.role;
}

/** Throws `Stage.Unknown`. */
export function checkStages(known: readonly Pick<StagePlan, 'name'>[], stages: readonly string[] | undefined): void {
  const unknown = stages?.find((stage) => !known.some(({ name }) => name === stage));
  if (unknown !== undefined)
    throw new StoryreelError(
      'Stage.Unknown',
      `There is no stage "${unknown}". The stages are ${known.map(({ name }) => name).join(', ')}.`,
    );
}

/** Both plans, in their order; of stages that both have, the first one's. */
export function joinPlans(plan: readonly StagePlan[], more: readonly StagePlan[]): readonly StagePlan[] {
  const news = more.filter(({ name }) => !plan.some((known) => known.name === name));
  return news.length === 0 ? plan : [...plan, ...news];
}

/** All lanes of a plan, given the scenes there are, in the order in which a person reads them. */
export function lanesOf(plan: readonly StagePlan[], scenes: readonly number[]): LaneId[] {
  return plan.flatMap((stage) =>
    stage.scope === 'project' ? [laneId(stage.name)] : scenes.map((scene) => laneId(stage.name, scene)),
  );
}

/** Whether the scenes of a run come from this lane. The plan that an earlier release recorded has no roles. */
export function definesScenes(plan: readonly StagePlan[], lane: LaneId): boolean {
  const own = plan.find(({ name }) => name === lane);
  return own !== undefined && (own.role ?? roleOf(lane)) === 'scenes' && plan.some(({ scope }) => scope === 'scene');
}

/** The commands that a person can type for a lane that waits for a person. */
export function personCommands(projectId: ProjectId, lane: LaneId): string[] {
  const lines = [`retry ${projectId} ${lane}`, `skip ${projectId} ${lane}`, `cancel ${projectId}`];
  return lines
    .filter((line) => !line.startsWith('skip') || !definesScenes(STAGES, lane))
    .map((line) => `storyreel ${line}`);
}
