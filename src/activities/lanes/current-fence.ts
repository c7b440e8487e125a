import { activityInfo } from '@temporalio/activity';
import { MoreThan, type EntityManager } from 'typeorm';
import { Project } from '../../entities';
import { fenceOf, isFinal, type ProjectId } from '../../protocol';
import { clockWentBack } from './clock';

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
  /** The same for all attempts, also after a reset of the workflow, and no other step of the project has it. */
  readonly id: string;
}

export function currentStep(): Step {
  const { scheduledTimestampMs: ms, activityId } = activityInfo();
  return { fence: currentFence(), at: new Date(ms), id: `${activityId}@${ms}` };
}

/**
 * The run has ended, or another one has begun, since the step of this fence: the step comes late, and must change
 * nothing. Throws `Clock.WentBack`: the step then belongs to the run, and what a person has decided must not be lost.
 */
export async function isSupersededRun(manager: EntityManager, projectId: ProjectId, fence: number): Promise<boolean> {
  const newer = await manager.findOneBy(Project, { id: projectId, runFence: MoreThan(fence) });
  const early = newer && clockWentBack('the run', newer.runFence, fence);
  if (early) throw early;
  return newer !== null;
}

/** As `isSupersededRun`, but for what a run may still do after its own end: only a run that follows it makes the step late. */
export function isFollowedByRun({ runFence, runId, status }: Project, ownRunId: string, fence: number): boolean {
  return runFence > fence && !(isFinal(status) && runId === ownRunId);
}
