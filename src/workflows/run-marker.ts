import { markRun } from './activity-options';
import type { LaneTable } from './lane-table';

/**
 * Keeps Postgres and viewers told of whether the run stands still by a person's wish: paused, or before a gate. One step
 * at a time, so that what was told last is what holds. Other states are told by the steps that bring them about.
 */
export class RunMarker {
  private told = '';
  private busy = false;
  private stopped = false;

  constructor(
    private readonly table: LaneTable,
    private readonly runId: string,
  ) {}

  get idle(): boolean {
    return !this.busy;
  }

  /** Looks at the table, and tells what has changed. */
  look(): void {
    if (this.busy || this.stopped || this.wanted() === this.told) return;
    this.busy = true;
    void this.tell().finally(() => (this.busy = false));
  }

  stop(): void {
    this.stopped = true;
  }

  private async tell(): Promise<void> {
    const { table, runId } = this;
    for (let wanted = this.wanted(); wanted !== this.told && !this.stopped; wanted = this.wanted()) {
      this.told = wanted;
      const { projectId, liveStatus: status, gates } = table;
      // The end of the run tells of itself.
      const paused = status === 'paused' ? table.namesOf(table.withStatus('paused')) : [];
      await markRun({ projectId, runId, status, paused, gates }).catch(() => undefined);
    }
  }

  private wanted(): string {
    const { liveStatus, gates } = this.table;
    if (!this.table.paused && gates.length === 0) return '';
    return JSON.stringify([liveStatus, this.table.namesOf(this.table.withStatus('paused')), gates]);
  }
}
