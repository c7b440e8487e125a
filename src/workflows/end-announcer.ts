import { CancellationScope, patched } from '@temporalio/workflow';
import { laneParts, type LaneAddress, type LaneId } from '../protocol';
import { announceLane } from './activity-options';
import type { LaneTable } from './lane-table';

/**
 * Announces ends of lanes that their own steps have stored but could not announce. Only the end of the run waits for
 * these announcements. If the workflow continues as new, the next run makes the announcements that are still missing.
 */
export class EndAnnouncer {
  /** By stage and scene, because lanes may get other names while viewers cannot be reached. */
  private readonly pending = new Map<string, LaneAddress>();
  /** Lanes that have come to another end meanwhile. */
  private readonly again = new Set<string>();
  private closing = false;

  constructor(
    private readonly table: LaneTable,
    private readonly runId: string,
  ) {}

  /** The lanes whose end is not announced, by their current names. */
  get unannounced(): LaneId[] {
    return [...this.pending.values()].flatMap((address) => this.table.nameAt(address) ?? []);
  }

  get allAnnounced(): boolean {
    return this.pending.size === 0;
  }

  announce(lane: LaneId): void {
    this.announceAddress(this.table.addressOf(lane));
  }

  /** The run ends. Viewers that cannot be reached soon find the whole state in Postgres. */
  close(): void {
    this.closing = true;
  }

  private announceAddress(address: LaneAddress): void {
    const key = `${laneParts(address.lane).stage}/${address.scene ?? address.lane}`;
    if (this.pending.has(key)) {
      this.again.add(key);
      return;
    }
    this.pending.set(key, address);
    void this.untilAnnounced(address).finally(() => {
      this.pending.delete(key);
      if (this.again.delete(key)) this.announceAddress(address);
    });
  }

  private async untilAnnounced(address: LaneAddress): Promise<void> {
    const { runId } = this;
    for (;;) {
      try {
        return await announceLane({ ...address, runId });
      } catch {
        const isOver = this.closing || CancellationScope.current().consideredCancelled;
        if (isOver || !patched('ends-are-told-again')) return;
      }
    }
  }
}
