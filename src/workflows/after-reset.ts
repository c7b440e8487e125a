import { condition, patched, workflowInfo } from '@temporalio/workflow';
import type { OpenedRun } from '../protocol';
import { adoptRun } from './activity-options';
import type { LaneTable } from './lane-table';

/** Whether the run was opened by another execution of the workflow than this one. */
export function wasReset(runId: string, opened: OpenedRun): boolean {
  return opened.runId !== undefined && opened.runId !== runId;
}

/** Whether this execution repeats another one up to the point of a reset. */
export function isReset(): boolean {
  const { runId, originalExecutionRunId } = workflowInfo();
  return runId !== originalExecutionRunId;
}

/**
 * An operator can reset the workflow to any point of its history. After a point behind the opening of the run, rows and
 * viewers still show the later state of the run, which may be its end. Replayed steps do not correct them. Therefore
 * the first new step of such a run publishes its status. (A replay without a server gives a reset run the id of the run
 * before it. Histories of reset runs therefore cannot be replayed there; workers replay them unchanged.)
 * Glossary: resync.
 */
export class AfterReset {
  private busy = false;
  private closing = false;

  get idle(): boolean {
    return !this.busy;
  }

  /** Closing the run publishes its own status. */
  stop(): void {
    this.closing = true;
  }

  /** Returns whether it has published that the run waits for a person. That person may have decided meanwhile. */
  async resync(table: LaneTable): Promise<boolean> {
    const { runId } = workflowInfo();
    // False during the replay of what happened before the reset. A marker in the history states where it becomes true.
    await condition(() => this.closing || patched(`reset ${runId}`));
    this.busy = true;
    try {
      for (let waits = false; ;) {
        if (this.closing) return waits;
        const { projectId, liveStatus: status, gates, waiting } = table;
        const { lanes } = table.view();
        const paused = table.namesOf(table.withStatus('paused'));
        await adoptRun({ projectId, runId, status, paused, gates, lanes });
        waits ||= status === 'paused' || gates.length > 0;
        // While the step was tried again and again, a person may have stopped a lane that had not begun.
        const isCurrent = table.waiting.every((lane) => waiting.includes(lane));
        if (isCurrent || !patched('lanes-stop-while-adopting')) return waits;
      }
    } finally {
      this.busy = false;
    }
  }
}
