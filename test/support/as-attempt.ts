import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { workflowIdOf, type ProjectId } from '../../src/protocol';

/**
 * Runs a step as if it had been scheduled then by an older run of the project, and its worker had hung since.
 * `attemptMs`: when this attempt at it was scheduled.
 */
export function asAttempt<T>(
  projectId: ProjectId,
  scheduledMs: number,
  step: () => Promise<T>,
  attemptMs: number = scheduledMs,
): Promise<T> {
  const workflowExecution = { workflowId: workflowIdOf(projectId), runId: 'older' };
  const scheduled = { scheduledTimestampMs: scheduledMs, currentAttemptScheduledTimestampMs: attemptMs };
  const info = { ...scheduled, activityId: 'step', attempt: 1, workflowExecution };
  return asyncLocalStorage.run({ info } as Context, step);
}
