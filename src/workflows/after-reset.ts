import { condition, patched, workflowInfo } from '@temporalio/workflow';
import type { OpenedRun } from '../protocol';
import { adoptRun } from './activity-options';
import type { LaneTable } from './lane-table';

/** Whether the run was opened by another execution of the workflow than this one. */
export function wasReset(runId: string, opened: OpenedRun): boolean {
  return opened.runId !== undefined && opened.runId !== runId;
}

/**
 * An operator can reset the workflow to any point of its history. Behind the opening of the run, rows and viewers then
 * still stand where the run had come to, which may be its end, and nothing that is replayed tells them. So the first thing
 * that such a run does by itself is to tell how it stands. (A replay without a server gives a reset run the id of the run
 * before it, so histories of reset runs cannot be replayed there; workers replay them as they are.)
 */
export class AfterReset {
  private busy = false;
  private closing = false;

  get idle(): boolean {
    return !this.busy;
  }

  /** The end of the run tells of itself. */
  stop(): void {
    this.closing = true;
  }

  async tell(table: LaneTable): Promise<void> {
    const { runId } = workflowInfo();
    // False while what was before the reset is replayed. A mark in the history says from where on it is true.
    await condition(() => this.closing || patched(`reset ${runId}`));
    if (this.closing) return;
    this.busy = true;
    const { projectId, liveStatus: status, gates } = table;
    const { lanes } = table.view();
    const paused = table.namesOf(table.withStatus('paused'));
    await adoptRun({ projectId, runId, status, paused, gates, lanes }).finally(() => (this.busy = false));
  }
}
