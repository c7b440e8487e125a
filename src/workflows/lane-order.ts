import { laneId, laneParts, type LaneId, type StagePlan } from '../protocol';
import type { LaneRunner } from './lane-runner';
import { Slots } from './slots';

/** Scenes that are worked on at the same time; bounds the activities that are pending in one run. */
const SCENES_IN_FLIGHT = 50;

export interface DoneSoFar {
  readonly scenes?: readonly number[];
  readonly settled: readonly LaneId[];
}

/**
 * Runs every lane of a plan as early as its data allow: a scene's lane when what it needs of its own scene is settled, a
 * project's lane when all scenes' are. Scenes come in by their number, so many at a time.
 */
export class LaneOrder {
  readonly settled: Set<LaneId>;
  scenes: readonly number[] | undefined;
  private readonly lanes = new Map<LaneId, Promise<void>>();
  private readonly slots = new Slots(SCENES_IN_FLIGHT);
  private readonly sceneSlots = new Map<number, Promise<void>>();
  private readonly gaveUpSlot = new Set<number>();
  private readonly scenesKnown: Promise<readonly number[]>;
  private tellScenes: (scenes: readonly number[]) => void = () => undefined;

  constructor(
    private readonly plan: readonly StagePlan[],
    private readonly runner: LaneRunner,
    private readonly onScenes: (scenes: readonly number[]) => void,
    done: DoneSoFar,
  ) {
    this.settled = new Set(done.settled);
    this.scenesKnown = new Promise((resolve) => (this.tellScenes = resolve));
    if (done.scenes) this.layOut(done.scenes);
  }

  /** Resolves when every lane is settled; rejects with the first failure. */
  async all(): Promise<void> {
    const whole = this.plan.filter(({ scope }) => scope === 'project').map((stage) => this.lane(stage));
    const perScene = this.scenesKnown.then((scenes) => Promise.all(scenes.map((scene) => this.scene(scene))));
    await Promise.all([...whole, perScene]);
  }

  /** No further scene comes in. */
  close(): void {
    this.slots.close();
  }

  private async scene(scene: number): Promise<void> {
    await Promise.all(this.sceneStages().map((stage) => this.lane(stage, scene)));
    this.giveUpSlot(scene);
  }

  private lane(stage: StagePlan, scene?: number): Promise<void> {
    const id = laneId(stage.name, scene);
    let lane = this.lanes.get(id);
    if (!lane) {
      lane = this.settled.has(id) ? Promise.resolve() : this.run(stage, id, scene);
      // Whoever waits for it sees the failure; a lane that nobody waits for must not fail the workflow task.
      lane.catch(() => undefined);
      this.lanes.set(id, lane);
    }
    return lane;
  }

  private async run(stage: StagePlan, id: LaneId, scene?: number): Promise<void> {
    if (scene !== undefined) await this.enter(scene);
    await Promise.all(this.plan.filter(({ name }) => stage.needs.includes(name)).map((need) => this.need(need, scene)));
    const result = await this.runner.run(stage.kind, id, () => scene !== undefined && this.giveUpSlot(scene));
    this.settled.add(id);
    if (result.scenes && !this.scenes) this.layOut(result.scenes);
  }

  private async need(stage: StagePlan, scene?: number): Promise<void> {
    if (stage.scope === 'project') return this.lane(stage);
    if (scene !== undefined) return this.lane(stage, scene);
    await Promise.all((await this.scenesKnown).map((each) => this.lane(stage, each)));
  }

  private layOut(scenes: readonly number[]): void {
    this.scenes = scenes;
    this.onScenes(scenes);
    this.tellScenes(scenes);
  }

  private sceneStages(): StagePlan[] {
    return this.plan.filter(({ scope }) => scope === 'scene');
  }

  private enter(scene: number): Promise<void> {
    let slot = this.sceneSlots.get(scene);
    if (!slot) {
      const finished = this.sceneStages().every(({ name }) => this.settled.has(laneId(name, scene)));
      slot = finished ? Promise.resolve() : this.slots.enter();
      this.sceneSlots.set(scene, slot);
    }
    return slot;
  }

  /** A scene that is finished, or waits for a person, makes room for another one. */
  private giveUpSlot(scene: number): void {
    if (!this.sceneSlots.has(scene) || this.gaveUpSlot.has(scene)) return;
    this.gaveUpSlot.add(scene);
    this.slots.leave();
  }
}

/** Lanes named by a lane id, or by a stage: then all of that stage. */
export function lanesNamed(name: string, among: readonly LaneId[]): LaneId[] {
  return among.filter((lane) => lane === name || laneParts(lane).stage === name);
}
