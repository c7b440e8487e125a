import { defineSignal, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { batchIdOfWorkflow, isFinal, STORY_STATUS_MESSAGE, type StoryStatusChange } from '../protocol';
import type { LaneTable } from './lane-table';

const statusSignal = defineSignal<[StoryStatusChange]>(STORY_STATUS_MESSAGE);

/**
 * For a story that a batch has started. It signals the batch when the run begins to wait for a person, because another
 * project may work meanwhile, and when the run works again. Temporal reports to the batch how the story ends. The
 * signal is sent to the batch's workflow id, so that it arrives even if the batch has continued as new.
 */
export function signalBatch(): (table: LaneTable) => void {
  const { parent, continuedFromExecutionRunId } = workflowInfo();
  if (!parent || batchIdOfWorkflow(parent.workflowId) === undefined) return () => undefined;
  let waited: boolean | undefined = continuedFromExecutionRunId === undefined ? false : undefined;
  return ({ projectId, runStatus: status }) => {
    const waits = status !== 'running';
    if (waits === waited || isFinal(status)) return;
    waited = waits;
    getExternalWorkflowHandle(parent.workflowId)
      .signal(statusSignal, { projectId, status })
      .catch(() => undefined);
  };
}
