import { condition } from '@temporalio/workflow';
import type { ProjectId } from '../protocol';
import { listScenes } from './activity-options';
import type { LaneTable } from './lane-table';

/**
 * Keeps the scene numbers of a run's table up to date. The client signals an edit just before it commits, and this step
 * waits for the commit. The run therefore knows the new numbers before a person can see them.
 */
export class SceneWatch {
  private wanted = false;
  private refreshes = 0;
  private refreshing: Promise<void> | undefined;

  constructor(
    private readonly projectId: ProjectId,
    private readonly table: LaneTable,
  ) {}

  /** False while the numbers that the run knows may be those of before an edit. */
  get isCurrent(): boolean {
    return this.refreshing === undefined;
  }

  /**
   * Resolves when the run knows the scenes after all edits that were signalled so far. Returns false if another edit
   * came meanwhile: the meaning of a scene number before that edit is then unknown.
   */
  async known(): Promise<boolean> {
    const { refreshes } = this;
    if (!this.isCurrent) await condition(() => this.isCurrent);
    return this.refreshes === refreshes;
  }

  /** Resolves when the table has the current numbers, even if another edit is signalled meanwhile. */
  refresh(): Promise<void> {
    this.wanted = true;
    this.refreshes += 1;
    return (this.refreshing ??= this.follow().finally(() => (this.refreshing = undefined)));
  }

  private async follow(): Promise<void> {
    const { projectId, table } = this;
    while (this.wanted) {
      this.wanted = false;
      const ids = await listScenes({ projectId, ids: true }).catch(() => []);
      if (!Array.isArray(ids)) table.moveScenes(ids);
    }
  }
}
