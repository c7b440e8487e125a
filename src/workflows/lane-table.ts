import {
  laneParts,
  lanesOf,
  type EventError,
  type FinalStatus,
  type LaneAddress,
  type LaneId,
  type LaneStatus,
  type LaneView,
  type LiveStatus,
  type ProjectId,
  type RunStatus,
  type SceneIds,
  type StagePlan,
  type StoryStatusView,
} from '../protocol';
import { SceneNumbers } from './scene-numbers';

/** The most lanes whose failures are shown with all their points, in an answer and in the state to continue as new. */
const MAX_WITH_ISSUES = 50;

/**
 * The status of every lane of a run, for the status query and for the Temporal UI. Lanes keep the scene numbers that
 * the run began with. People read and type the current numbers.
 */
export class LaneTable {
  plan: readonly StagePlan[] = [];
  scenes: readonly number[] = [];
  /** States why the last message changed nothing. */
  note: string | undefined;
  private numbers = new SceneNumbers();
  private isLaidOut = false;
  private readonly states = new Map<LaneId, { status: LaneStatus; error?: EventError }>();
  private readonly begun = new Set<string>();
  private readonly openGates = new Set<string>();
  private isPaused = false;
  private ended: FinalStatus | undefined;

  constructor(
    readonly projectId: ProjectId,
    private readonly changed: (table: LaneTable) => void,
  ) {}

  begin(plan: readonly StagePlan[]): void {
    this.plan = plan;
    this.changed(this);
  }

  /** A lane that has not ended ends with its run, unless Postgres has it as completed. */
  end(outcome: FinalStatus, completed: readonly LaneId[] = []): void {
    this.ended = outcome;
    const stored = new Set<LaneId | undefined>(completed);
    for (const lane of this.lanes) {
      const status = this.status(lane);
      if (status !== 'completed' && status !== 'failed' && status !== 'skipped') {
        this.states.set(lane, { status: stored.has(this.nameOf(lane)) ? 'completed' : outcome });
      }
    }
    this.changed(this);
  }

  /**
   * If scenes have other numbers now, the states of lanes move with their scenes. Lanes of removed scenes are
   * forgotten.
   */
  setScenes(scenes: readonly number[], ids: SceneIds = {}): void {
    const moved = Object.keys(ids).length > 0 ? this.numbers.after(ids) : this.numbers;
    const before = [...this.states];
    this.states.clear();
    for (const [lane, state] of before) {
      const name = moved.nameOf(lane);
      const { scene } = laneParts(name ?? lane);
      if (name !== undefined && (scene === undefined || scenes.includes(scene))) this.states.set(name, state);
    }
    this.scenes = scenes;
    this.numbers = new SceneNumbers(ids);
    this.changed(this);
  }

  /** From this call on the run names its lanes by these numbers. */
  layOut(scenes: readonly number[], ids: SceneIds | undefined): void {
    this.isLaidOut = true;
    this.setScenes(scenes, ids);
  }

  /** A person has given scenes other numbers. If their ids are not known, the table cannot follow them. */
  moveScenes(ids: SceneIds): void {
    if (Object.keys(this.numbers.laidOut).length === 0) return;
    if (!this.isLaidOut) return this.setScenes(Object.keys(ids).map(Number), ids);
    this.numbers = this.numbers.after(ids);
    this.changed(this);
  }

  /** Scenes have come, gone or moved since the run has laid them out. */
  get scenesMoved(): boolean {
    return this.numbers.haveChanged;
  }

  /** The ids of all scenes by their current numbers; empty if they are not known. */
  get sceneIds(): SceneIds {
    return this.numbers.ids;
  }

  /** The ids of all scenes by the numbers that the lanes have. */
  get laidOutIds(): SceneIds {
    return this.numbers.laidOut;
  }

  sceneOf(lane: LaneId): string | undefined {
    return this.numbers.idOf(lane);
  }

  /** The address of a lane by the id of its scene, which a new scene number does not change. */
  addressOf(lane: LaneId): LaneAddress {
    const scene = this.sceneOf(lane);
    return { projectId: this.projectId, lane, ...(scene !== undefined && { scene }) };
  }

  /** The current name of a lane from an earlier address; undefined if its scene was removed. */
  nameAt({ lane, scene }: LaneAddress): LaneId | undefined {
    return scene === undefined ? this.nameOf(lane) : this.numbers.nameAt(lane, scene);
  }

  /** The current name of a lane; undefined if its scene was removed. */
  nameOf(lane: LaneId): LaneId | undefined {
    return this.numbers.nameOf(lane);
  }

  /** The lane of `among` that has this current name, or all lanes of `among` that belong to the stage of this name. */
  named(name: unknown, among: readonly LaneId[]): LaneId[] {
    return among.filter((lane) => this.nameOf(lane) === name || laneParts(lane).stage === name);
  }

  namesOf(lanes: readonly LaneId[]): LaneId[] {
    return lanes.flatMap((lane) => this.nameOf(lane) ?? []);
  }

  /** The numbers that scenes of the run have now; those that are gone are left out. */
  numbersOf(scenes: readonly number[]): number[] {
    return scenes.flatMap((scene) => this.numbers.of(scene) ?? []).sort((a, b) => a - b);
  }

  set(lane: LaneId, status: LaneStatus, error?: EventError): void {
    this.states.set(lane, { status, ...(error && { error }) });
    this.begun.add(laneParts(lane).stage);
    this.changed(this);
  }

  setPaused(paused: boolean): void {
    this.isPaused = paused;
    this.changed(this);
  }

  setGate(gate: string, open: boolean): void {
    if (open) this.openGates.add(gate);
    else this.openGates.delete(gate);
    this.changed(this);
  }

  setNote(note: string | undefined): void {
    if (note === this.note) return;
    this.note = note;
    this.changed(this);
  }

  status(lane: LaneId): LaneStatus {
    return this.states.get(lane)?.status ?? 'pending';
  }

  withStatus(...statuses: readonly LaneStatus[]): LaneId[] {
    return [...this.states].filter(([, { status }]) => statuses.includes(status)).map(([lane]) => lane);
  }

  error(lane: LaneId): EventError | undefined {
    return this.states.get(lane)?.error;
  }

  /**
   * Only the first of many failures are shown with all their points, because all of them together stay in the history.
   */
  errorsShown(): ReadonlyMap<LaneId, EventError> {
    const shown = new Map<LaneId, EventError>();
    let withIssues = 0;
    for (const [lane, { error }] of this.states) {
      if (!error) continue;
      const { issues, ...rest } = error;
      if (issues) withIssues += 1;
      shown.set(lane, withIssues > MAX_WITH_ISSUES ? rest : error);
    }
    return shown;
  }

  get lanes(): LaneId[] {
    return lanesOf(this.plan, this.scenes);
  }

  /** Lanes of scenes that are still there, in the order that the scenes have now. */
  get presentLanes(): LaneId[] {
    const place = (scene: number) => this.numbers.of(scene) ?? Infinity;
    const scenes = this.scenes.filter((scene) => place(scene) !== Infinity).sort((a, b) => place(a) - place(b));
    return lanesOf(this.plan, scenes);
  }

  /** Lanes that continue only after a message from a person: their retries are used up, or a person stopped them. */
  get waiting(): LaneId[] {
    if (this.ended) return [];
    return this.withStatus('needs_attention', 'cancelled').filter((lane) => this.nameOf(lane) !== undefined);
  }

  isWaiting(lane: LaneId): boolean {
    const status = this.status(lane);
    return status === 'needs_attention' || status === 'cancelled';
  }

  get paused(): boolean {
    return this.isPaused;
  }

  /** Stages that wait for approval. */
  get gates(): string[] {
    return this.ended ? [] : [...this.openGates];
  }

  get runStatus(): RunStatus {
    if (this.ended) return this.ended;
    const status = this.liveStatus;
    return status === 'processing' ? 'running' : status;
  }

  get liveStatus(): LiveStatus {
    if (this.isPaused) return 'paused';
    if (this.waiting.length > 0) return 'needs_attention';
    return this.openGates.size > 0 ? 'awaiting_approval' : 'processing';
  }

  get isOver(): boolean {
    return this.ended !== undefined;
  }

  /** The furthest stage that has begun. */
  get stage(): string {
    return (this.plan.findLast(({ name }) => this.begun.has(name)) ?? this.plan[0])?.name ?? '';
  }

  view(): StoryStatusView {
    const errors = this.errorsShown();
    return {
      projectId: this.projectId,
      status: this.runStatus,
      stage: this.stage,
      scenes: this.numbersOf(this.scenes).length,
      lanes: this.presentLanes.map((lane): LaneView => {
        const error = errors.get(lane);
        return { lane: this.nameOf(lane) ?? lane, status: this.status(lane), ...(error && { error }) };
      }),
      gates: this.gates,
    };
  }
}
