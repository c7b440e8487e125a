import { activityInfo } from '@temporalio/activity';
import { MoreThan, type EntityManager } from 'typeorm';
import { Project } from '../entities';
import { fenceOf, type ProjectId } from '../protocol';

/** Of this attempt at a lane, or at a run's own step: one that comes late is older than what was begun since. */
export function ownFence(): number {
  const { currentAttemptScheduledTimestampMs, attempt } = activityInfo();
  return fenceOf(currentAttemptScheduledTimestampMs, attempt);
}

/** A run's own step: the fence of this attempt at it, and when it was asked for, which is the same for all attempts. */
export interface Step {
  readonly fence: number;
  readonly at: Date;
}

export function ownStep(): Step {
  return { fence: ownFence(), at: new Date(activityInfo().scheduledTimestampMs) };
}

/** Another run has been opened since the step of this fence: the step comes late, and must change nothing. */
export async function isLate(manager: EntityManager, projectId: ProjectId, fence: number): Promise<boolean> {
  return manager.existsBy(Project, { id: projectId, runFence: MoreThan(fence) });
}
