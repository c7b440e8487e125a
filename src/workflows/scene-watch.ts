import { condition } from '@temporalio/workflow';
import type { ProjectId } from '../protocol';
import { listScenes } from './activity-options';
import type { LaneTable } from './lane-table';

/**
 * Keeps a run's table told of where its scenes are. Whoever edits sends the word just before the edit is committed, and the
 * look waits for the commit: so a run knows the new numbers before a person can have seen them.
 */
export class SceneWatch {
  private wanted = false;
  private looks = 0;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly projectId: ProjectId,
    private readonly table: LaneTable,
  ) {}

  /** False while the numbers that the run knows may be those of before an edit. */
  get isCurrent(): boolean {
    return this.looking === undefined;
  }

  /**
   * Resolves when the run knows the scenes as they were after the edits of which it has heard so far. False where there was
   * another edit meanwhile: then nobody can say any more what a number meant before that one.
   */
  async known(): Promise<boolean> {
    const { looks } = this;
    if (!this.isCurrent) await condition(() => this.isCurrent);
    return this.looks === looks;
  }

  /** Resolves when the table has the numbers of now, also where another word comes meanwhile. */
  look(): Promise<void> {
    this.wanted = true;
    this.looks += 1;
    return (this.looking ??= this.follow().finally(() => (this.looking = undefined)));
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
