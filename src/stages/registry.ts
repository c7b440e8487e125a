import { isBuiltIn, isStageName, STAGES, StoryreelError, type StageName, type StagePlan } from '../protocol';
import { cameraMovement } from './camera-movement/definition';
import type { OutsideStage, StageDefinition } from './definition';
import { film } from './film/definition';
import { imageGeneration } from './image-generation/definition';
import { rewrite } from './rewrite/definition';
import { storyboard } from './storyboard/definition';
import { videoGeneration } from './video-generation/definition';

/** What each stage of the plan does. A new one of ours has a folder, a line here and its line in the plan. */
const OURS: readonly StageDefinition[] = [
  rewrite,
  storyboard,
  imageGeneration,
  cameraMovement,
  videoGeneration,
  film,
] as readonly StageDefinition[];

/** The stages that a process knows: ours, and those that a package has brought. */
export class StageRegistry {
  /** In the order in which a person reads them. */
  readonly plan: readonly StagePlan[];
  private readonly definitions: ReadonlyMap<string, StageDefinition>;

  /** Throws `Config.Invalid` if a stage cannot be part of the plan. */
  constructor(outside: readonly OutsideStage[] = []) {
    const plan: StagePlan[] = [...STAGES];
    for (const stage of outside) {
      checkStage(stage, plan);
      const { name, kind, scope, needs, without } = stage;
      plan.push({ name, kind, scope, needs: [...needs], ...(without && { without: [...without] }) });
    }
    this.plan = plan;
    this.definitions = new Map([...OURS, ...outside].map((definition) => [definition.name, definition]));
  }

  knows(name: StageName): boolean {
    return this.definitions.has(name);
  }

  /** Throws `Worker.CannotServe` if this process does not know the stage: another one may. */
  definition(name: StageName): StageDefinition {
    const found = this.definitions.get(name);
    if (found) return found;
    throw new StoryreelError(
      'Worker.CannotServe',
      `No worker that has taken the lane knows the stage ${name}. Start a worker that has it, or skip the lane.`,
    );
  }

  /** The same, if it is of this kind. */
  ofKind<K extends StageDefinition['kind']>(kind: K, name: StageName): Extract<StageDefinition, { kind: K }> {
    const stage = this.definition(name);
    if (stage.kind !== kind) throw new StoryreelError('Stage.Unknown', `The stage ${name} makes no ${kind}.`);
    return stage as Extract<StageDefinition, { kind: K }>;
  }
}

/** The stages of a process without outside stages. */
export const BUILT_IN = new StageRegistry();

/** A stage can need only what comes before it, so that no two wait for each other. */
function checkStage({ name, kind, scope, needs, without = [] }: OutsideStage, before: readonly StagePlan[]): void {
  const refuse = (why: string) => new StoryreelError('Config.Invalid', `The stage "${String(name)}" ${why}.`);
  if (!isStageName(String(name))) {
    throw refuse('must have a name like extras.title: lower-case letters, digits and underscores');
  }
  if (isBuiltIn(name)) throw refuse('has the name of a stage that comes with Storyreel');
  if (before.some((other) => other.name === name)) throw refuse('is given twice');
  if (!['text', 'image', 'video'].includes(kind)) throw refuse('must be of the kind text, image or video');
  if (scope !== 'project' && scope !== 'scene') throw refuse('must have the scope project or scene');
  const unknown = [...needs].find((need) => !before.some((other) => other.name === need));
  if (unknown !== undefined)
    throw refuse(`needs ${unknown}, which is no stage of ours and none that is given before it`);
  const loose = [...without].find((need) => !needs.includes(need));
  if (loose !== undefined) throw refuse(`names ${loose} in "without", which is not among what it needs`);
}
