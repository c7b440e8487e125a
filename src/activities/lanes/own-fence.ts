import { activityInfo } from '@temporalio/activity';
import { MoreThan, type EntityManager } from 'typeorm';
import { Project } from '../../entities';
import { fenceOf, isFinal, type ProjectId } from '../../protocol';

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

/** The run has ended, or another one has begun, since the step of this fence: the step comes late, and must change nothing. */
export async function isLate(manager: EntityManager, projectId: ProjectId, fence: number): Promise<boolean> {
  return manager.existsBy(Project, { id: projectId, runFence: MoreThan(fence) });
}

/** As `isLate`, of what a run may do after its own end, too: only a run that has followed it makes it late. */
export async function isOutrun(
  manager: EntityManager,
  { projectId, runId }: { readonly projectId: ProjectId; readonly runId: string },
  fence: number,
): Promise<boolean> {
  const project = await manager.findOne(Project, {
    select: { id: true, runId: true, status: true },
    where: { id: projectId, runFence: MoreThan(fence) },
  });
  return project !== null && !(isFinal(project.status) && project.runId === runId);
}
