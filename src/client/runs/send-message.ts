import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import {
  boundedLine,
  StoryreelError,
  TEXT_BYTES,
  workflowIdOf,
  type MessageAnswer,
  type ProjectId,
  type StoryMessage,
  type StoryMessages,
} from '../../protocol';
import { briefly } from './briefly';
import { isRunning, undefinedIfNotFound } from './live-workflow';

/** Only a worker can answer; it does so in milliseconds. */
const ANSWER_MS = 10_000;

/**
 * Steers the live run of a project. Resolves when the run has accepted the message. Throws `Project.NotRunning` if no
 * run is live. Throws `Message.Stale` if the message cannot change anything now, and `Worker.Absent` if no worker
 * answers.
 */
export async function steerRun<M extends StoryMessage>(
  temporal: Client,
  projectId: ProjectId,
  message: M,
  argument: StoryMessages[M],
): Promise<MessageAnswer> {
  const workflowId = workflowIdOf(projectId);
  // Temporal itself answers at once, or is away; only then it is known that a late answer is a worker's.
  if (!(await isRunning(temporal, workflowId))) throw notRunning(projectId, message);
  const handle = temporal.workflow.getHandle(workflowId);
  try {
    return await temporal.withDeadline(Date.now() + ANSWER_MS, () =>
      handle.executeUpdate<MessageAnswer, [StoryMessages[M]]>(message, { args: [argument] }),
    );
  } catch (cause) {
    if (cause instanceof WorkflowNotFoundError) {
      throw notRunning(projectId, message, cause);
    }
    if (cause instanceof WorkflowUpdateFailedError) {
      const why = boundedLine(cause.cause?.message ?? 'the run has ended', TEXT_BYTES.note);
      throw new StoryreelError('Message.Stale', `Nothing to ${wordFor(message)}: ${why}.`, { cause });
    }
    if (cause instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
      throw new StoryreelError(
        'Worker.Absent',
        `No worker took the message within ${ANSWER_MS / 1_000} s. Does one run? See "storyreel doctor".`,
        { cause },
      );
    }
    throw cause;
  }
}

/** A person has changed rows, so a live run must replan. Does nothing if no run is live. */
export async function signalEdited(temporal: Client, projectId: ProjectId): Promise<void> {
  const message: StoryMessage = 'edited';
  const handle = temporal.workflow.getHandle(workflowIdOf(projectId));
  await undefinedIfNotFound(briefly(temporal, () => handle.signal(message)));
}

function notRunning(projectId: ProjectId, message: StoryMessage, cause?: unknown): StoryreelError {
  const words = `Nothing to ${wordFor(message)}: project ${projectId} is not running.`;
  return new StoryreelError('Project.NotRunning', words, { cause });
}

function wordFor(message: StoryMessage): string {
  return message === 'cancelLane' ? 'cancel' : message;
}
