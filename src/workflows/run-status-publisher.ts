import { condition, patched } from '@temporalio/workflow';
import { markRun } from './activity-options';
import type { LaneTable } from './lane-table';

/** Each repetition costs a step in the history of a run that waits anyway. */
const AGAIN_AFTER = '5 seconds';

/**
 * Publishes to Postgres and to viewers whether the run waits for a person: paused, or before a gate. It publishes one
 * change at a time, so that the last one is valid. Other statuses are published by the steps that cause them.
 */
export class RunStatusPublisher {
  private published = '';
  private busy = false;
  /** The status is stored, but viewers could not be reached; it will be announced again. */
  private waits = false;
  private stopped = false;

  constructor(
    private readonly table: LaneTable,
    private readonly runId: string,
  ) {}

  get idle(): boolean {
    return !this.busy || this.waits;
  }

  /** Compares the table with the published status, and publishes a change. */
  publishChange(): void {
    if (this.busy || this.stopped || this.wanted() === this.published) return;
    this.busy = true;
    void this.publish().finally(() => {
      this.busy = false;
      // The status has changed since `publish` last read it.
      const hasChanged = !this.stopped && this.wanted() !== this.published;
      if (hasChanged && patched('marker-looks-again')) this.publishChange();
    });
  }

  /**
   * Publishes the status again: the rows of a reset run ignored whatever was published before they were synchronised.
   * `waits`: it was published then that the run waits for a person.
   */
  publishAgain(waits: boolean): void {
    if (this.stopped || (this.published === '' && !waits)) return;
    if (patched('decisions-while-adopting')) this.published = 'unknown';
    else if (this.published === '' || !patched('marks-after-adopting')) return;
    else this.published = '';
    this.publishChange();
  }

  stop(): void {
    this.stopped = true;
  }

  private async publish(): Promise<void> {
    const { table, runId } = this;
    for (let wanted = this.wanted(); wanted !== this.published && !this.stopped; wanted = this.wanted()) {
      this.published = wanted;
      const { projectId, liveStatus: status, gates } = table;
      // Closing the run publishes its own status.
      const paused = status === 'paused' ? table.namesOf(table.withStatus('paused')) : [];
      const marked = await markRun({ projectId, runId, status, paused, gates }).catch(() => undefined);
      if (marked?.announced === false) await this.publishLater(wanted);
    }
  }

  private async publishLater(published: string): Promise<void> {
    this.waits = true;
    await condition(() => this.stopped || this.wanted() !== published, AGAIN_AFTER);
    this.waits = false;
    // Viewers must learn this even if the run continues already.
    this.published = 'unknown';
  }

  private wanted(): string {
    const { liveStatus, gates } = this.table;
    if (!this.table.paused && gates.length === 0) return '';
    return JSON.stringify([liveStatus, this.table.namesOf(this.table.withStatus('paused')), gates]);
  }
}
