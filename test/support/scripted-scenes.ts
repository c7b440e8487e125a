import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import {
  laneParts,
  type FailureType,
  type LaneResult,
  type LaneTask,
  type ProjectId,
  type SceneIds,
  type StoryInput,
  type StoryStatusView,
} from '../../src/protocol';
import type { ScriptedWorkflows } from './scripted-workflows';

/** One run whose scenes a test moves about: its activities know of scenes what Postgres would. */
export class ScriptedScenes {
  readonly projectId = randomUUID() as ProjectId;
  /** The ids of the scenes in their order. */
  scenes: readonly string[];
  /** Scenes whose image cannot be drawn. */
  readonly broken = new Set<string>();
  /** What was made, as `stage id`; each time that it was paid for. */
  readonly made: string[] = [];
  /** What was skipped and parked, by the scene that the step is about. */
  readonly skipped: string[] = [];
  readonly films: (readonly string[])[] = [];
  /** Whether a lane's activity could tell viewers of its end, and the step that does it otherwise. */
  announced = true;
  announce: (task: LaneTask) => Promise<void> = () => Promise.resolve();
  /** What a lane waits for before it looks at its scene. */
  before: (task: LaneTask) => Promise<void> = () => Promise.resolve();
  private committing: Promise<void> = Promise.resolve();

  constructor(
    private readonly workflows: ScriptedWorkflows,
    scenes: number,
  ) {
    this.scenes = Array.from({ length: scenes }, () => randomUUID());
  }

  get handle() {
    return this.workflows.handle(this.projectId);
  }

  status(): Promise<StoryStatusView> {
    return this.handle.query<StoryStatusView>('status');
  }

  /** The number that a scene has now. */
  numberOf(scene: string): number {
    return this.scenes.indexOf(scene) + 1;
  }

  /** As the client does it: the word first, then the commit, for which whoever looks at the scenes waits. */
  async edit(scenes: readonly string[], { times = 1, commit = Promise.resolve() } = {}): Promise<void> {
    const committed = commit.then(() => void (this.scenes = scenes));
    this.committing = committed;
    for (let i = 0; i < times; i++) await this.handle.signal('edited');
    await committed;
  }

  private get ids(): SceneIds {
    return Object.fromEntries(this.scenes.map((id, i) => [i + 1, id]));
  }

  private readonly lane = async (task: LaneTask): Promise<LaneResult> => {
    await this.before(task);
    const { stage, scene: number } = laneParts(task.lane);
    const scene = number === undefined ? undefined : this.scenes[number - 1];
    const moved: FailureType = 'Lane.Moved';
    const isOther = task.scenes && task.scenes.join() !== this.scenes.join();
    if (task.scene !== scene || isOther) throw ApplicationFailure.nonRetryable('it has moved', moved);
    if (stage === 'image_generation' && this.broken.has(scene ?? '')) {
      throw ApplicationFailure.nonRetryable('no picture', 'Provider.BadRequest');
    }
    if (stage === 'film') this.films.push(task.scenes ?? []);
    const name = `${stage} ${scene ?? ''}`;
    const reused = this.made.includes(name);
    if (!reused) this.made.push(name);
    const layout = stage === 'storyboard' && { scenes: this.scenes.map((_, i) => i + 1), sceneIds: this.ids };
    return { sha256: 'hash', bytes: 1, reused, announced: this.announced, ...layout };
  };

  async start(input: Partial<StoryInput> = {}): Promise<void> {
    const script = {
      lane: this.lane,
      skipLane: async ({ lane, scene }: { lane: LaneTask['lane']; scene?: string }) => {
        this.skipped.push(`${laneParts(lane).stage} ${scene}`);
        return { announced: true };
      },
      announceLane: (task: LaneTask) => this.announce(task),
      listScenes: async () => {
        await this.committing;
        return this.ids;
      },
    };
    await this.workflows.start(this.projectId, script, input);
  }
}
