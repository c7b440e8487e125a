import { defineSignal, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { batchIdOfWorkflow, isFinal, STANDS_MESSAGE, type StoryStands } from '../protocol';
import type { LaneTable } from './lane-table';

const standsSignal = defineSignal<[StoryStands]>(STANDS_MESSAGE);

/**
 * For a story that a batch has started: tells it when the run begins to wait for a person, because another project may
 * work meanwhile, and when it works again. How the story ends, the batch hears from Temporal. Addressed to the batch by
 * its id, so that it arrives also where the batch has continued as new.
 */
export function tellBatch(): (table: LaneTable) => void {
  const { parent, continuedFromExecutionRunId } = workflowInfo();
  if (!parent || batchIdOfWorkflow(parent.workflowId) === undefined) return () => undefined;
  let waited: boolean | undefined = continuedFromExecutionRunId === undefined ? false : undefined;
  return ({ projectId, runStatus: status }) => {
    const waits = status !== 'running';
    if (waits === waited || isFinal(status)) return;
    waited = waits;
    getExternalWorkflowHandle(parent.workflowId)
      .signal(standsSignal, { projectId, status })
      .catch(() => undefined);
  };
}
