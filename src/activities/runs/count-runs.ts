import type { ProjectStatus } from '../../protocol';
import type { StoryMetrics } from '../../telemetry';
import { BUSY, type ClosedRun } from './end-run';

/**
 * Counts a run that has been opened, once. A run that was opened before, or that continues after an edit, is not
 * counted.
 */
export function countStart(metrics: StoryMetrics | undefined, before: ProjectStatus | undefined): void {
  if (!isBusy(before)) metrics?.runs.started.of({}).add(1);
}

/** Counts a run that has been closed, once. */
export function countEnd(metrics: StoryMetrics | undefined, { endsNow, project }: ClosedRun): void {
  if (endsNow) metrics?.runs.ended.of({ outcome: project.status }).add(1);
}

function isBusy(status: ProjectStatus | undefined): boolean {
  return BUSY.some((busy) => busy === status);
}
