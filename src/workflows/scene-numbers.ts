import { laneId, laneParts, type LaneId, type SceneIds } from '../protocol';

/**
 * Maps the scene numbers of a run's lanes to scenes. A workflow run keeps the scene numbers that it began with to its
 * end, even if a person reorders the scenes. The run's messages and answers use the current numbers. A scene without a
 * known id keeps its number.
 */
export class SceneNumbers {
  private readonly now: ReadonlyMap<string, number>;

  constructor(
    readonly laidOut: SceneIds = {},
    private readonly present: SceneIds = laidOut,
  ) {
    this.now = new Map(Object.entries(present).map(([number, id]) => [id, Number(number)]));
  }

  /** The same lanes after an edit. */
  after(present: SceneIds): SceneNumbers {
    return new SceneNumbers(this.laidOut, present);
  }

  /** The scenes as they are now. */
  get ids(): SceneIds {
    return this.present;
  }

  /** A scene has come, gone or moved since they were laid out. */
  get haveChanged(): boolean {
    const before = Object.keys(this.laidOut);
    return before.length !== this.now.size || before.some((number) => this.of(Number(number)) !== Number(number));
  }

  /** The current number; undefined if the scene was removed. */
  of(scene: number): number | undefined {
    const id = this.laidOut[scene];
    return id === undefined ? scene : this.now.get(id);
  }

  idOf(lane: LaneId): string | undefined {
    const { scene } = laneParts(lane);
    return scene === undefined ? undefined : this.laidOut[scene];
  }

  /** The current name of a lane; undefined if its scene was removed. */
  nameOf(lane: LaneId): LaneId | undefined {
    const { stage, scene } = laneParts(lane);
    if (scene === undefined) return lane;
    const number = this.of(scene);
    return number === undefined ? undefined : laneId(stage, number);
  }

  /** The current name of the lane of the same stage of this scene; undefined if the scene was removed. */
  nameAt(lane: LaneId, id: string): LaneId | undefined {
    const number = this.now.get(id);
    return number === undefined ? undefined : laneId(laneParts(lane).stage, number);
  }
}
