import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { lockProject, ProjectStage } from '../../entities';
import { knownStages } from '../../planning';
import {
  boundedLine,
  checkStages,
  isBuiltIn,
  laneParts,
  StoryreelError,
  TEXT_BYTES,
  workflowIdOf,
  type MessageAnswer,
  type ProjectId,
  type StoryMessage,
  type StoryMessages,
} from '../../protocol';
import type { ControlChannel } from '../../stream';
import { conflict, type EditSource } from '../edit';
import { isAway } from '../client-errors';
import { liveWorkflow } from './live-workflow';
import { knownProject } from '../projects/known-project';

/** Only a worker can answer; it does so in milliseconds. */
const ANSWER_MS = 10_000;

/**
 * Sends a message to the live run of a project. Resolves when the run has accepted it. Lanes that it stops are stopped
 * at once, without waiting for their heartbeats. Throws `Project.NotRunning` if no run is live, and `Stage.Unknown` if
 * nobody knows the stage. Throws `Message.Stale` if the message cannot change anything now, or Temporal itself has paused
 * the run, and `Worker.Absent` if no worker answers. Throws `Project.Conflict` if an approval or a rejection is about a
 * version that is not the present one.
 */
export async function steerProject<M extends StoryMessage>(
  ports: { readonly source: EditSource; readonly temporal: Client; readonly control: ControlChannel },
  id: ProjectId,
  message: M,
  given: StoryMessages[M],
  approved?: number,
): Promise<MessageAnswer> {
  const { version } = await knownProject(ports.source.dataSource, id);
  const { version: rejected = version } = given as { readonly version?: number };
  if (rejected !== version) throw conflict(version, rejected, 'rejection');
  await mustKnow(ports.source, id, given);
  // An edit that comes before the run acts on a rejection has a later version.
  const sent = message === 'reject' ? { ...given, version } : given;
  const send = () => sendMessage(ports.temporal, id, message, sent);
  const answer = await (approved === undefined ? send() : asApproved(ports.source, id, approved, send));
  const { runId, lanes, fence: before } = answer;
  const stops = message === 'pause' || message === 'cancelLane' || message === 'skip';
  if (stops && lanes.length > 0) await ports.control.stop({ projectId: id, runId, lanes, before });
  return answer;
}

/**
 * Sends an approval of this version. Until the run has answered, no edit is stored: what it continues with is what the
 * person has looked at.
 */
function asApproved(
  { dataSource }: EditSource,
  id: ProjectId,
  approved: number,
  send: () => Promise<MessageAnswer>,
): Promise<MessageAnswer> {
  return dataSource.transaction(async (manager) => {
    await lockProject(manager, id);
    const { version } = await knownProject({ manager }, id);
    if (approved !== version) throw conflict(version, approved, 'approval');
    return send();
  });
}

/** The lane or stage of a message, for the audit. What stops something is sent although Postgres takes no entry. */
export function aboutMessage<M extends StoryMessage>(message: M, given: StoryMessages[M]) {
  const { lane, gate } = given as { readonly lane?: string; readonly gate?: string };
  const named = lane ?? gate;
  const evenUnrecorded = message === 'pause' || message === 'cancelLane';
  return { evenUnrecorded, ...(named !== undefined && { lane: named }) };
}

async function sendMessage<M extends StoryMessage>(
  temporal: Client,
  projectId: ProjectId,
  message: M,
  argument: StoryMessages[M],
): Promise<MessageAnswer> {
  const workflowId = workflowIdOf(projectId);
  // Temporal itself answers at once, or is away; only then it is known that a late answer is a worker's.
  const live = await liveWorkflow(temporal, workflowId);
  if (!live) throw notRunning(projectId, message);
  if (live.status.name === 'PAUSED') {
    throw new StoryreelError(
      'Message.Stale',
      `Temporal itself has paused this run. Let it continue first: temporal workflow unpause --workflow-id ${workflowId}`,
    );
  }
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
    // Temporal itself has just answered.
    if (cause instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isAway(cause)) {
      throw new StoryreelError(
        'Worker.Absent',
        `No worker took the message within ${ANSWER_MS / 1_000} s. Does one run? See "storyreel doctor".`,
        { cause },
      );
    }
    throw cause;
  }
}

/** Throws `Stage.Unknown` if a message names a stage that neither we, nor the workers, nor the project has. */
async function mustKnow(source: EditSource, projectId: ProjectId, message: object): Promise<void> {
  const { lane, gate } = message as { readonly lane?: string; readonly gate?: string };
  const named = [lane, gate].flatMap((name) => (name === undefined ? [] : [laneParts(name)?.stage ?? name]));
  if (named.every(isBuiltIn)) return;
  const rows = await source.dataSource.manager.findBy(ProjectStage, { projectId });
  const names = new Set([...(await knownStages(source)).map(({ name }) => name), ...rows.map(({ stage }) => stage)]);
  checkStages(
    [...names].map((name) => ({ name })),
    named,
  );
}

function notRunning(projectId: ProjectId, message: StoryMessage, cause?: unknown): StoryreelError {
  const words = `Nothing to ${wordFor(message)}: project ${projectId} is not running.`;
  return new StoryreelError('Project.NotRunning', words, { cause });
}

function wordFor(message: StoryMessage): string {
  return message === 'cancelLane' ? 'cancel' : message;
}
