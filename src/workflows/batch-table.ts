import {
  isFinal,
  MAX_IN_BATCH,
  workflowIdOf,
  type BatchedStatus,
  type BatchInput,
  type BatchItem,
  type BatchStatusView,
  type FinalStatus,
  type ProjectId,
  type RunStatus,
} from '../protocol';

/** The most projects that the Temporal UI shows in a row each. */
const MAX_ROWS = 60;

/** The status of every project of a batch, for the status query and for the Temporal UI. */
export class BatchTable {
  private readonly items = new Map<ProjectId, BatchItem>();
  private readonly states = new Map<ProjectId, BatchedStatus>();
  private readonly queue: BatchItem[] = [];
  private ended: FinalStatus | undefined;
  private note: string | undefined;

  constructor(
    private readonly input: Pick<BatchInput, 'batchId' | 'atMost' | 'projects' | 'carried'>,
    private readonly changed: (table: BatchTable) => void,
  ) {
    input.projects.forEach((item, i) => this.put(item, input.carried?.[i] ?? 'queued'));
    changed(this);
  }

  /** Adds new projects, and queues failed and cancelled ones again. A repeated call changes nothing. */
  add(projects: readonly BatchItem[]): string | undefined {
    const added = new Set(projects.map(({ projectId }) => projectId).filter((id) => !this.items.has(id)));
    if (this.items.size + added.size > MAX_IN_BATCH) return `a batch has at most ${MAX_IN_BATCH} projects`;
    for (const item of projects) {
      const state = this.states.get(item.projectId);
      if (state === undefined || state === 'failed' || state === 'cancelled') this.put(item, 'queued');
    }
    this.changed(this);
    return undefined;
  }

  /** States why the last message changed nothing. */
  setNote(note: string | undefined): void {
    if (note === this.note) return;
    this.note = note;
    this.changed(this);
  }

  set(projectId: ProjectId, status: BatchedStatus): void {
    this.states.set(projectId, status);
    this.changed(this);
  }

  /** Puts it behind all that are queued. */
  again(projectId: ProjectId): void {
    const item = this.items.get(projectId);
    if (item) this.put(item, 'queued');
    this.changed(this);
  }

  /** Takes the status that a running story reports about itself. The end of a story is reported by Temporal. */
  report(projectId: ProjectId, status: RunStatus): void {
    if (!this.open.includes(projectId)) return;
    this.set(projectId, status === 'running' ? 'processing' : status);
  }

  /** Takes the next queued project, if a slot is free. The project holds the slot from then on. */
  take(): BatchItem | undefined {
    const { processing = 0 } = this.counts;
    if (processing >= this.input.atMost) return undefined;
    const next = this.queue.shift();
    if (next) this.set(next.projectId, 'processing');
    return next;
  }

  get canTake(): boolean {
    return this.queue.length > 0 && (this.counts.processing ?? 0) < this.input.atMost;
  }

  get isOver(): boolean {
    return this.queue.length === 0 && this.open.length === 0;
  }

  /** Begun and not ended; some of them wait for a person. */
  get open(): ProjectId[] {
    return [...this.states].filter(([, state]) => state !== 'queued' && !isFinal(state)).map(([id]) => id);
  }

  get queued(): ProjectId[] {
    return [...this.states].filter(([, state]) => state === 'queued').map(([id]) => id);
  }

  get counts(): Partial<Record<BatchedStatus, number>> {
    const counts: Partial<Record<BatchedStatus, number>> = {};
    for (const state of this.states.values()) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  }

  get status(): RunStatus {
    const { queued = 0, processing = 0 } = this.counts;
    return this.ended ?? (queued + processing > 0 ? 'running' : 'needs_attention');
  }

  get isWorking(): boolean {
    return (this.counts.processing ?? 0) > 0;
  }

  end(cancelled: boolean): void {
    const { failed = 0, cancelled: stopped = 0 } = this.counts;
    this.ended = cancelled ? 'cancelled' : failed + stopped > 0 ? 'failed' : 'completed';
    this.changed(this);
  }

  /** The state from which the next run of the workflow continues. */
  carry(): Required<Pick<BatchInput, 'projects' | 'carried'>> {
    return { projects: [...this.items.values()], carried: [...this.items.keys()].map((id) => this.at(id)) };
  }

  view(): BatchStatusView {
    const { batchId, atMost } = this.input;
    const projects = [...this.items.keys()].map((projectId) => ({ projectId, status: this.at(projectId) }));
    return { batchId, status: this.status, atMost, counts: this.counts, projects };
  }

  /** Markdown for the workflow's current details: the counts, and every project that is worked on or needs a person. */
  markdown(): string {
    const counts = Object.entries(this.counts).map(([state, count]) => `${count} ${state.replaceAll('_', ' ')}`);
    const shown = [...this.states].filter(([, state]) => state !== 'queued' && state !== 'completed');
    const lines = shown
      .slice(0, MAX_ROWS)
      .map(([id, state]) => `- ${state.replaceAll('_', ' ')}: \`${workflowIdOf(id)}\``);
    if (shown.length > MAX_ROWS) lines.push(`- … and ${shown.length - MAX_ROWS} more`);
    const note = this.note === undefined ? [] : [`_${this.note}_`, ''];
    return [`**${this.status.replace('_', ' ')}** · ${counts.join(' · ')}`, '', ...note, ...lines].join('\n');
  }

  private at(projectId: ProjectId): BatchedStatus {
    return this.states.get(projectId) ?? 'queued';
  }

  private put(item: BatchItem, state: BatchedStatus): void {
    this.items.set(item.projectId, item);
    this.states.set(item.projectId, state);
    if (state === 'queued') this.queue.push(item);
  }
}
