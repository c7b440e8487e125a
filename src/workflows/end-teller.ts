import { CancellationScope, patched } from '@temporalio/workflow';
import type { LaneId, ProjectId } from '../protocol';
import { announceLane } from './activity-options';

/**
 * Tells viewers of ends of lanes that could not be told in the steps that have stored them. Nothing waits for it but the end
 * of the run; what is not told when the workflow continues as new is told by the next run.
 */
export class EndTeller {
  private readonly telling = new Set<LaneId>();
  /** Lanes that have come to another end meanwhile. */
  private readonly again = new Set<LaneId>();
  private closing = false;

  constructor(
    private readonly projectId: ProjectId,
    private readonly runId: string,
  ) {}

  get untold(): LaneId[] {
    return [...this.telling];
  }

  get toldAll(): boolean {
    return this.telling.size === 0;
  }

  tell(lane: LaneId): void {
    if (this.telling.has(lane)) {
      this.again.add(lane);
      return;
    }
    this.telling.add(lane);
    void this.untilTold(lane).finally(() => {
      this.telling.delete(lane);
      if (this.again.delete(lane)) this.tell(lane);
    });
  }

  /** The run ends: whoever cannot be told soon finds all of it in Postgres. */
  close(): void {
    this.closing = true;
  }

  private async untilTold(lane: LaneId): Promise<void> {
    const { projectId, runId } = this;
    for (;;) {
      try {
        return await announceLane({ projectId, lane, runId });
      } catch {
        const isOver = this.closing || CancellationScope.current().consideredCancelled;
        if (isOver || !patched('ends-are-told-again')) return;
      }
    }
  }
}
