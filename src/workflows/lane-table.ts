import {
  laneParts,
  lanesOf,
  type EventError,
  type LaneId,
  type LaneStatus,
  type LaneView,
  type LiveStatus,
  type ProjectId,
  type RunStatus,
  type StagePlan,
  type StoryStatusView,
} from '../protocol';

/** How many lanes say point by point what was wrong, in an answer and when the workflow continues as new. */
const MOST_WITH_ISSUES = 50;

type RunEnd = Extract<RunStatus, 'completed' | 'failed' | 'cancelled'>;

/** Where every lane of a run stands: what the status query answers and the Temporal UI shows. */
export class LaneTable {
  plan: readonly StagePlan[] = [];
  scenes: readonly number[] = [];
  /** What the last message came to that changed nothing. */
  note: string | undefined;
  private readonly states = new Map<LaneId, { status: LaneStatus; error?: EventError }>();
  private readonly begun = new Set<string>();
  private readonly openGates = new Set<string>();
  private isPaused = false;
  private ended: RunEnd | undefined;

  constructor(
    readonly projectId: ProjectId,
    private readonly changed: (table: LaneTable) => void,
  ) {}

  begin(plan: readonly StagePlan[]): void {
    this.plan = plan;
    this.changed(this);
  }

  end(outcome: RunEnd): void {
    this.ended = outcome;
    for (const lane of this.lanes) {
      const status = this.status(lane);
      if (status !== 'completed' && status !== 'failed' && status !== 'skipped') {
        this.states.set(lane, { status: outcome });
      }
    }
    this.changed(this);
  }

  /** Lanes of scenes that are gone are forgotten. */
  setScenes(scenes: readonly number[]): void {
    this.scenes = scenes;
    for (const lane of [...this.states.keys()]) {
      const { scene } = laneParts(lane);
      if (scene !== undefined && !scenes.includes(scene)) this.states.delete(lane);
    }
    this.changed(this);
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

  say(note: string | undefined): void {
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

  /** Of many failures at once only the first are told point by point, because all of them together stay in history. */
  errorsShown(): ReadonlyMap<LaneId, EventError> {
    const shown = new Map<LaneId, EventError>();
    let withIssues = 0;
    for (const [lane, { error }] of this.states) {
      if (!error) continue;
      const { issues, ...rest } = error;
      if (issues) withIssues += 1;
      shown.set(lane, withIssues > MOST_WITH_ISSUES ? rest : error);
    }
    return shown;
  }

  get lanes(): LaneId[] {
    return lanesOf(this.plan, this.scenes);
  }

  /** Lanes that go on when a person says so: their retries are spent, or a person stopped them. */
  get waiting(): LaneId[] {
    return this.ended ? [] : this.withStatus('needs_attention', 'cancelled');
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
      scenes: this.scenes.length,
      lanes: this.lanes.map((lane): LaneView => {
        const error = errors.get(lane);
        return { lane, status: this.status(lane), ...(error && { error }) };
      }),
      gates: this.gates,
    };
  }
}
