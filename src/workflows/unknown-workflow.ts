import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import {
  BATCH_WORKFLOW,
  boundedLine,
  RECONCILE_WORKFLOW,
  STORY_WORKFLOW,
  TEXT_BYTES,
  type FailureType,
} from '../protocol';

/**
 * Temporal's SDK runs this in place of a type that is not there, for example one that an operator has misspelt. Without
 * it the workflow's task would be tried again for ever.
 */
export function unknownWorkflow(): never {
  const asked = boundedLine(workflowInfo().workflowType, TEXT_BYTES.shown);
  const known = [BATCH_WORKFLOW, RECONCILE_WORKFLOW, STORY_WORKFLOW].join(', ');
  const type: FailureType = 'Project.Invalid';
  throw ApplicationFailure.nonRetryable(`There is no workflow type "${asked}". The types are ${known}.`, type);
}
