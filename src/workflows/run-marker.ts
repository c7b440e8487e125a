import { condition, patched } from '@temporalio/workflow';
import { markRun } from './activity-options';
import type { LaneTable } from './lane-table';

/** Each time costs a step in the history of a run that stands still anyway. */
const AGAIN_AFTER = '5 seconds';

/**
 * Keeps Postgres and viewers told of whether the run stands still by a person's wish: paused, or before a gate. One step
 * at a time, so that what was told last is what holds. Other states are told by the steps that bring them about.
 */
export class RunMarker {
  private told = '';
  private busy = false;
  /** Rows are told; viewers could not be, and will be told again. */
  private waits = false;
  private stopped = false;

  constructor(
    private readonly table: LaneTable,
    private readonly runId: string,
  ) {}

  get idle(): boolean {
    return !this.busy || this.waits;
  }

  /** Looks at the table, and tells what has changed. */
  look(): void {
    if (this.busy || this.stopped || this.wanted() === this.told) return;
    this.busy = true;
    void this.tell().finally(() => {
      this.busy = false;
      // What has changed since the last look of `tell`.
      const isLate = !this.stopped && this.wanted() !== this.told;
      if (isLate && patched('marker-looks-again')) this.look();
    });
  }

  /** Tells it once more: what was told before a reset run had adopted the rows changed nothing. */
  tellAgain(): void {
    if (this.stopped || this.told === '' || !patched('marks-after-adopting')) return;
    this.told = '';
    this.look();
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
      const marked = await markRun({ projectId, runId, status, paused, gates }).catch(() => undefined);
      if (marked?.announced === false) await this.later(wanted);
    }
  }

  private async later(told: string): Promise<void> {
    this.waits = true;
    await condition(() => this.stopped || this.wanted() !== told, AGAIN_AFTER);
    this.waits = false;
    // Even if the run goes on by now: then that is what viewers must know.
    this.told = 'unknown';
  }

  private wanted(): string {
    const { liveStatus, gates } = this.table;
    if (!this.table.paused && gates.length === 0) return '';
    return JSON.stringify([liveStatus, this.table.namesOf(this.table.withStatus('paused')), gates]);
  }
}
