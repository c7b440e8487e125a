import { activityInfo } from '@temporalio/activity';
import { MoreThan, type EntityManager } from 'typeorm';
import { Project } from '../../entities';
import { fenceOf, isFinal, type ProjectId } from '../../protocol';

/**
 * The fence (fencing token) of the current activity attempt. A step that runs late has a lower fence than later ones.
 */
export function currentFence(): number {
  const { currentAttemptScheduledTimestampMs, attempt } = activityInfo();
  return fenceOf(currentAttemptScheduledTimestampMs, attempt);
}

/** A run's own step: the fence of this attempt at it, and when it was asked for, which is the same for all attempts. */
export interface Step {
  readonly fence: number;
  readonly at: Date;
}

export function currentStep(): Step {
  return { fence: currentFence(), at: new Date(activityInfo().scheduledTimestampMs) };
}

/** The run has ended, or another one has begun, since the step of this fence: the step comes late, and must change nothing. */
export async function isSupersededRun(manager: EntityManager, projectId: ProjectId, fence: number): Promise<boolean> {
  return manager.existsBy(Project, { id: projectId, runFence: MoreThan(fence) });
}

/** As `isSupersededRun`, but for what a run may still do after its own end: only a run that follows it makes the step late. */
export function isFollowedByRun({ runFence, runId, status }: Project, ownRunId: string, fence: number): boolean {
  return runFence > fence && !(isFinal(status) && runId === ownRunId);
}
