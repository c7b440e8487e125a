import { Client, WorkflowFailedError, WorkflowNotFoundError, type ConnectionLike } from '@temporalio/client';
import { ApplicationFailure, TerminatedFailure, TimeoutFailure, type DataConverter } from '@temporalio/common';
import type { RunLookup, RunState } from '../activities';
import {
  batchWorkflowIdOf,
  boundedError,
  boundedLine,
  isOpen,
  projectIdOfWorkflow,
  STORY_WORKFLOW,
  workflowIdOf,
  type BatchId,
  type EventError,
  type ProjectId,
} from '../protocol';

/** Asks Temporal itself about runs, over the worker's own connection. */
export class TemporalRuns implements RunLookup {
  private readonly client: Client;

  constructor(connection: ConnectionLike, namespace: string, dataConverter: DataConverter = {}) {
    this.client = new Client({ connection, namespace, dataConverter });
  }

  async newestRun(projectId: ProjectId): Promise<RunState> {
    const workflowId = workflowIdOf(projectId);
    try {
      const { status, runId, closeTime } = await this.client.workflow.getHandle(workflowId).describe();
      const ended = { kind: 'ended' as const, runId, endedAt: closeTime ?? new Date() };
      switch (status.name) {
        case 'COMPLETED':
          return { ...ended, outcome: 'completed' };
        case 'CANCELLED':
          return { ...ended, outcome: 'cancelled' };
        case 'FAILED':
        case 'TERMINATED':
        case 'TIMED_OUT':
          return { ...ended, outcome: 'failed', error: await this.failure(workflowId, runId) };
        // Running, paused, or about to continue as another run. An unknown status counts as open.
        default:
          return { kind: 'open' };
      }
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { kind: 'none' };
      throw error;
    }
  }

  async *openStories(taskQueue: string): AsyncGenerator<ProjectId, void, undefined> {
    const query = `WorkflowType = '${STORY_WORKFLOW}' AND ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`;
    for await (const { workflowId } of this.client.workflow.list({ query })) {
      const projectId = projectIdOfWorkflow(workflowId);
      if (projectId) yield projectId;
    }
  }

  async startedAt(projectId: ProjectId, runId: string): Promise<Date | undefined> {
    try {
      return (await this.client.workflow.getHandle(workflowIdOf(projectId), runId).describe()).startTime;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  async isCancelling(projectId: ProjectId, runId: string): Promise<boolean> {
    const { raw } = await this.client.workflow.getHandle(workflowIdOf(projectId), runId).describe();
    return raw.workflowExtendedInfo?.cancelRequested ?? false;
  }

  async isBatchOpen(batchId: BatchId): Promise<boolean> {
    try {
      const { status } = await this.client.workflow.getHandle(batchWorkflowIdOf(batchId)).describe();
      return isOpen(status.name);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  private async failure(workflowId: string, runId: string): Promise<EventError> {
    const failed: unknown = await this.client.workflow
      .getHandle(workflowId, runId, { followRuns: false })
      .result()
      .catch((error: unknown) => error);
    if (!(failed instanceof WorkflowFailedError)) throw failed;
    const { cause } = failed;
    if (cause instanceof ApplicationFailure) {
      const { message, nonRetryable } = cause;
      return boundedError({ type: cause.type ?? 'Internal', message, retryable: nonRetryable !== true });
    }
    return { type: 'Run.Gone', message: endOf(cause), retryable: false };
  }
}

/** Temporal's text if nobody gave a reason. */
const NO_REASON = /^(terminated by user via \S+|Workflow execution terminated|\s*)$/;

function endOf(cause: unknown): string {
  if (cause instanceof TerminatedFailure) {
    const { message: reason } = cause;
    return NO_REASON.test(reason)
      ? 'The run was terminated.'
      : `The run was terminated: ${oneSentence(reason)} Start it again.`;
  }
  return `${cause instanceof TimeoutFailure ? 'The run timed out.' : 'The run failed.'} Start it again.`;
}

const MAX_REASON_BYTES = 200;

/** The reason that an operator gave. */
function oneSentence(text: string): string {
  const line = boundedLine(text.split('\n')[0] ?? '', MAX_REASON_BYTES);
  return line.endsWith('.') ? line : `${line}.`;
}
