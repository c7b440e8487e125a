import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import {
  StoryreelError,
  workflowIdOf,
  type MessageAnswer,
  type ProjectId,
  type StoryMessage,
  type StoryMessages,
} from '../protocol';

/** Only a worker can answer; it does so in milliseconds. */
const ANSWER_MS = 10_000;

/** Rows of the project are locked meanwhile. */
const TELLING_MS = 5_000;

/**
 * Steers the live run of a project. Resolves when the run has taken the message in. Throws `Project.NotRunning` where no
 * run is live, `Message.Stale` where the message can do nothing as the run stands, and `Worker.Absent` where nobody answers.
 */
export async function steerRun<M extends StoryMessage>(
  temporal: Client,
  projectId: ProjectId,
  message: M,
  argument: StoryMessages[M],
): Promise<MessageAnswer> {
  const handle = temporal.workflow.getHandle(workflowIdOf(projectId));
  try {
    return await temporal.withDeadline(Date.now() + ANSWER_MS, () =>
      handle.executeUpdate<MessageAnswer, [StoryMessages[M]]>(message, { args: [argument] }),
    );
  } catch (cause) {
    if (cause instanceof WorkflowNotFoundError) {
      throw new StoryreelError(
        'Project.NotRunning',
        `Nothing to ${wordFor(message)}: project ${projectId} is not running.`,
        {
          cause,
        },
      );
    }
    if (cause instanceof WorkflowUpdateFailedError) {
      const why = cause.cause?.message ?? 'the run has ended';
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

/** Has a live run look at everything again, because a person has changed rows. Nothing where none is live. */
export async function tellEdited(temporal: Client, projectId: ProjectId): Promise<void> {
  const message: StoryMessage = 'edited';
  const told = temporal.withDeadline(Date.now() + TELLING_MS, () =>
    temporal.workflow.getHandle(workflowIdOf(projectId)).signal(message),
  );
  await told.catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  });
}

function wordFor(message: StoryMessage): string {
  return message === 'cancelLane' ? 'cancel' : message;
}
