import { laneId, laneParts, type LaneId, type ProjectId } from './ids';

/** What a lane needs to run on. It decides the lane's activity and task queue, so that each kind has its own limit. */
export type LaneKind = 'text' | 'image' | 'video' | 'film';
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
}

/** The plan of a new run. Glossary: plan. */
export const STAGES = [
  { name: 'rewrite', kind: 'text', scope: 'project', needs: [] },
  { name: 'storyboard', kind: 'text', scope: 'project', needs: ['rewrite'], without: ['rewrite'] },
  { name: 'image_generation', kind: 'image', scope: 'scene', needs: ['storyboard'] },
  { name: 'camera_movement', kind: 'text', scope: 'scene', needs: ['storyboard'] },
  {
    name: 'video_generation',
    kind: 'video',
    scope: 'scene',
    needs: ['image_generation', 'camera_movement'],
    without: ['camera_movement'],
  },
  { name: 'film', kind: 'film', scope: 'project', needs: ['video_generation'], without: ['video_generation'] },
] as const satisfies readonly StagePlan[];

export type StageName = (typeof STAGES)[number]['name'];

/** On the old product's channels, events of the whole run go to this stage. */
export const PIPELINE = 'pipeline';

export const MAX_SCENES = 500;
export const MAX_TOPIC_BYTES = 20_000;

export function isStageName(text: string): text is StageName {
  return STAGES.some((stage) => stage.name === text);
}

export function stageOf(lane: LaneId): StageName {
  const { stage } = laneParts(lane);
  if (!isStageName(stage)) throw new Error(`unknown stage in lane ${lane}`);
  return stage;
}

/** All lanes of a plan, given the scenes there are, in the order in which a person reads them. */
export function lanesOf(plan: readonly StagePlan[], scenes: readonly number[]): LaneId[] {
  return plan.flatMap((stage) =>
    stage.scope === 'project' ? [laneId(stage.name)] : scenes.map((scene) => laneId(stage.name, scene)),
  );
}

/** Whether the scenes of a run come from this lane: it runs once, and stages that run for each scene need it. */
export function definesScenes(plan: readonly StagePlan[], lane: LaneId): boolean {
  const own = plan.find(({ name }) => name === lane);
  return own?.scope === 'project' && plan.some(({ scope, needs }) => scope === 'scene' && needs.includes(own.name));
}

/** The commands that a person can type for a lane that waits for a person. */
export function personCommands(projectId: ProjectId, lane: LaneId): string[] {
  const lines = [`retry ${projectId} ${lane}`, `skip ${projectId} ${lane}`, `cancel ${projectId}`];
  return lines
    .filter((line) => !line.startsWith('skip') || !definesScenes(STAGES, lane))
    .map((line) => `storyreel ${line}`);
}
