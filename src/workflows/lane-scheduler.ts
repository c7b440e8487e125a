import {
  laneId,
  laneParts,
  definesScenes,
  type LaneId,
  type OpenedRun,
  type SceneIds,
  type StagePlan,
} from '../protocol';
import { listScenes, rejectLanes } from './activity-options';
import type { Gates, Rejection } from './gates';
import type { LaneRunner } from './lane-runner';
import type { LaneTable } from './lane-table';
import { Slots } from './slots';

/** Scenes that are worked on at the same time; bounds the activities that are pending in one run. */
const SCENES_IN_FLIGHT = 50;

export interface DoneSoFar {
  readonly scenes?: readonly number[];
  readonly sceneIds?: SceneIds;
  readonly settled: readonly LaneId[];
}

/** What the scheduler needs of a run: it runs single lanes, knows their status, and waits at gates. */
export interface ScheduledRun {
  readonly runner: LaneRunner;
  readonly table: LaneTable;
  readonly gates: Gates;
}

/**
 * Runs every lane of a plan as early as its data allow. A scene's lane starts when its needs for this scene are
 * committed, a project's lane when its needs are committed for all scenes. Both wait until gated needs are approved.
 * Scenes start in the order of their numbers, up to a limit at the same time.
 */
export class LaneScheduler {
  /** Settled or skipped. */
  readonly done: Set<LaneId>;
  scenes: readonly number[] | undefined;
  private readonly lanes = new Map<LaneId, Promise<void>>();
  private readonly passed = new Map<string, Promise<void>>();
  private readonly slots = new Slots(SCENES_IN_FLIGHT);
  private readonly sceneSlots = new Map<number, Promise<void>>();
  private readonly gaveUpSlot = new Set<number>();
  private readonly scenesKnown: Promise<readonly number[]>;
  private resolveScenes: (scenes: readonly number[]) => void = () => undefined;

  constructor(
    private readonly opened: OpenedRun,
    private readonly run: ScheduledRun,
    done: DoneSoFar,
  ) {
    this.done = new Set(done.settled);
    this.scenesKnown = new Promise((resolve) => (this.resolveScenes = resolve));
    const planDefinesScenes = opened.plan.some(({ name }) => definesScenes(opened.plan, laneId(name)));
    const scenes = done.scenes ?? (planDefinesScenes ? undefined : (opened.scenes ?? []));
    if (scenes) this.layOut(scenes, done.sceneIds ?? opened.sceneIds);
  }

  /** Resolves when every lane is committed and every gate is passed; rejects with the first failure. */
  async all(): Promise<void> {
    const { plan } = this.opened;
    const whole = plan.filter(({ scope }) => scope === 'project').map((stage) => this.lane(stage));
    const perScene = this.scenesKnown.then((scenes) => Promise.all(scenes.map((scene) => this.scene(scene))));
    const gates = plan.filter(({ name }) => this.run.gates.isWanted(name)).map((stage) => this.pass(stage));
    await Promise.all([...whole, perScene, ...gates]);
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
      lane = this.done.has(id) ? Promise.resolve() : this.begin(stage, id, scene);
      // Code that waits for the lane sees the failure. A lane without a waiter must not fail the workflow task.
      lane.catch(() => undefined);
      this.lanes.set(id, lane);
    }
    return lane;
  }

  private async begin(stage: StagePlan, id: LaneId, scene?: number): Promise<void> {
    if (scene !== undefined) await this.enter(scene);
    const needs = this.opened.plan.filter(({ name }) => stage.needs.includes(name));
    await Promise.all(needs.map((need) => this.need(need, scene)));
    const lacks = needs.some(({ name, scope }) => {
      if (stage.without?.includes(name) || (scope === 'scene' && scene === undefined)) return false;
      return this.run.table.status(laneId(name, scope === 'scene' ? scene : undefined)) === 'skipped';
    });
    if (lacks) this.run.table.set(id, 'skipped');
    await this.runLane(stage, id, scene);
  }

  private async runLane(stage: StagePlan, id: LaneId, scene?: number): Promise<void> {
    const result = await this.run.runner.run(stage.kind, id, () => scene !== undefined && this.giveUpSlot(scene));
    this.done.add(id);
    // A new result invalidates the earlier approval.
    if (result && !result.reused) this.run.gates.approved.delete(stage.name);
    if (!result?.scenes || this.scenes) return;
    const scenes = this.ofThisRun(result.scenes);
    // While the gate is open the scenes may still change, so they are not scheduled yet.
    if (this.run.gates.isWanted(stage.name)) this.run.table.setScenes(scenes, result.sceneIds);
    else this.layOut(scenes, result.sceneIds);
  }

  private async need(stage: StagePlan, scene?: number): Promise<void> {
    if (this.run.gates.isWanted(stage.name)) {
      // All scenes must reach the gate, so a scene that waits there gives its slot to another scene.
      if (scene !== undefined) this.giveUpSlot(scene);
      return this.pass(stage);
    }
    if (stage.scope === 'project') return this.lane(stage);
    if (scene !== undefined) return this.lane(stage, scene);
    return this.whole(stage);
  }

  private async whole(stage: StagePlan): Promise<void> {
    if (stage.scope === 'project') return this.lane(stage);
    await Promise.all((await this.scenesKnown).map((each) => this.lane(stage, each)));
  }

  /** Resolves when a person has approved what the stage made. */
  private pass(stage: StagePlan): Promise<void> {
    let passed = this.passed.get(stage.name);
    if (!passed) {
      passed = this.holdAt(stage);
      passed.catch(() => undefined);
      this.passed.set(stage.name, passed);
    }
    return passed;
  }

  private async holdAt(stage: StagePlan): Promise<void> {
    const { gates, table } = this.run;
    await this.whole(stage);
    let isApproved = gates.approved.has(stage.name);
    while (!isApproved) {
      const decision = await gates.wait(stage.name);
      isApproved = decision.kind === 'approved';
      if (decision.kind === 'rejected') await this.makeAgain(stage, decision);
    }
    if (!this.scenes && definesScenes(this.opened.plan, laneId(stage.name))) {
      const found = await this.run.runner.during(() => listScenes({ projectId: table.projectId, ids: true }));
      // A worker of an earlier release knows numbers only.
      if (Array.isArray(found)) this.layOut(this.ofThisRun(found), undefined);
      else this.layOut(this.ofThisRun(Object.keys(found).map(Number)), found);
    }
  }

  private async makeAgain(stage: StagePlan, { lanes, reason, version }: Rejection): Promise<void> {
    const { table, runner } = this.run;
    // If the workflow ends right after this step, its next run produces these lanes.
    await runner.during(async () => {
      await rejectLanes({
        projectId: table.projectId,
        lanes,
        sceneIds: table.laidOutIds,
        reason,
        ...(version !== undefined && { version }),
      });
      for (const lane of lanes) {
        this.done.delete(lane);
        table.set(lane, 'pending');
      }
    });
    await Promise.all(lanes.map((lane) => this.runLane(stage, lane, laneParts(lane).scene)));
  }

  private ofThisRun(scenes: readonly number[]): readonly number[] {
    const { scenes: chosen } = this.opened;
    return chosen ? scenes.filter((scene) => chosen.includes(scene)) : scenes;
  }

  private layOut(scenes: readonly number[], ids: SceneIds | undefined): void {
    this.scenes = scenes;
    this.run.table.layOut(scenes, ids);
    this.resolveScenes(scenes);
  }

  private sceneStages(): StagePlan[] {
    return this.opened.plan.filter(({ scope }) => scope === 'scene');
  }

  private enter(scene: number): Promise<void> {
    let slot = this.sceneSlots.get(scene);
    if (!slot) {
      const finished = this.sceneStages().every(({ name }) => this.done.has(laneId(name, scene)));
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
