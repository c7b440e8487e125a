import { rm } from 'node:fs/promises';
import type { LaneRun } from '../lanes/lane-run';

/** Does the work in a new folder of the media store, which is removed afterwards. */
export async function inWorkFolder<T>(run: LaneRun, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await run.through(() => run.deps.media.workFolder());
  return work(folder).finally(() => rm(folder, { recursive: true, force: true }));
}
