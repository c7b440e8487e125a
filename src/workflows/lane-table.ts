import {
  laneId,
  laneParts,
  STATUS_MARKS,
  lanesOf,
  workflowIdOf,
  type EventError,
  type LaneId,
  type LaneStatus,
  type LaneView,
  type ProjectId,
  type RunStatus,
  type StagePlan,
  type StoryStatusView,
} from '../protocol';

/** How many scenes are shown one by one in the Temporal UI; more are summed up. */
const MOST_ROWS = 60;

type RunEnd = Extract<RunStatus, 'completed' | 'failed' | 'cancelled'>;

/** Where every lane of a run stands: what the status query answers and the Temporal UI shows. */
export class LaneTable {
  private readonly states = new Map<LaneId, { status: LaneStatus; error?: EventError }>();
  private readonly begun = new Set<string>();
  private scenes: readonly number[] = [];
  private plan: readonly StagePlan[] = [];
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
    for (const lane of lanesOf(this.plan, this.scenes)) {
      const status = this.status(lane);
      if (status !== 'completed' && status !== 'failed') this.states.set(lane, { status: outcome });
    }
    this.changed(this);
  }

  setScenes(scenes: readonly number[]): void {
    this.scenes = scenes;
    this.changed(this);
  }

  set(lane: LaneId, status: LaneStatus, error?: EventError): void {
    this.states.set(lane, { status, ...(error && { error }) });
    this.begun.add(laneParts(lane).stage);
    this.changed(this);
  }

  status(lane: LaneId): LaneStatus {
    return this.states.get(lane)?.status ?? 'pending';
  }

  withStatus(status: LaneStatus): LaneId[] {
    return [...this.states].filter(([, state]) => state.status === status).map(([lane]) => lane);
  }

  error(lane: LaneId): EventError | undefined {
    return this.states.get(lane)?.error;
  }

  get runStatus(): RunStatus {
    return this.ended ?? (this.withStatus('needs_attention').length > 0 ? 'needs_attention' : 'running');
  }

  /** The furthest stage that has begun. */
  get stage(): string {
    return (this.plan.findLast(({ name }) => this.begun.has(name)) ?? this.plan[0])?.name ?? '';
  }

  view(): StoryStatusView {
    const lanes = lanesOf(this.plan, this.scenes).map((lane): LaneView => {
      const error = this.error(lane);
      return { lane, status: this.status(lane), ...(error && { error }) };
    });
    return {
      projectId: this.projectId,
      status: this.runStatus,
      stage: this.stage,
      scenes: this.scenes.length,
      lanes,
    };
  }

  /** Markdown for the workflow's current details. */
  markdown(): string {
    const whole = this.plan.filter(({ scope }) => scope === 'project');
    const perScene = this.plan.filter(({ scope }) => scope === 'scene');
    const cell = (lane: LaneId) => `${STATUS_MARKS[this.status(lane)]} ${this.status(lane)}`;
    const lines = [`**${this.runStatus.replace('_', ' ')}** · stage ${this.stage}`, ''];
    lines.push(...row(whole.map(({ name }) => name)), line(whole.map(({ name }) => cell(laneId(name)))), '');
    if (this.scenes.length > 0) {
      lines.push(...row(['scene', ...perScene.map(({ name }) => name)]));
      const shown = this.scenes.slice(0, MOST_ROWS);
      for (const scene of shown)
        lines.push(line([`${scene}`, ...perScene.map(({ name }) => cell(laneId(name, scene)))]));
      if (shown.length < this.scenes.length) lines.push('', `… and ${this.scenes.length - shown.length} more scenes`);
      lines.push('');
    }
    for (const lane of this.withStatus('needs_attention')) lines.push(...this.attention(lane));
    return lines.join('\n');
  }

  private attention(lane: LaneId): string[] {
    const error = this.error(lane);
    const workflow = workflowIdOf(this.projectId);
    return [
      `⚠ **${lane}** waits for a person: ${error?.type ?? 'unknown'}: ${error?.message ?? ''}`,
      '',
      '```',
      `temporal workflow signal --workflow-id ${workflow} --name retry --input '{"lane":"${lane}"}'`,
      `tctl workflow signal -w ${workflow} -n retry -i '{"lane":"${lane}"}'`,
      `temporal workflow cancel --workflow-id ${workflow}`,
      '```',
      '',
    ];
  }
}

/** The Temporal UI draws tables without any space between their columns. */
const GAP = '\u00a0\u00a0';

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('_', ' ') + GAP).join(' | ')} |`;
}

function row(cells: readonly string[]): string[] {
  return [line(cells), `|${cells.map(() => '---|').join('')}`];
}
