import type { Client } from '@temporalio/client';
import type { MessageAnswer, ProjectId, StoryMessage, StoryMessages } from '../../protocol';
import type { ControlChannel } from '../../stream';
import type { EditSource } from '../edit';
import { mustKnow } from './known-stage';
import { steerRun } from './send-message';

/** A message to the live run; lanes that it stops are stopped at once, without waiting for their heartbeats. */
export async function steerProject<M extends StoryMessage>(
  ports: { readonly source: EditSource; readonly temporal: Client; readonly control: ControlChannel },
  project: (id: ProjectId) => Promise<unknown>,
  id: ProjectId,
  message: M,
  given: StoryMessages[M],
): Promise<MessageAnswer> {
  await project(id);
  await mustKnow(ports.source, id, given);
  const answer = await steerRun(ports.temporal, id, message, given);
  const { runId, lanes, fence: before } = answer;
  const stops = message === 'pause' || message === 'cancelLane' || message === 'skip';
  if (stops && lanes.length > 0) await ports.control.stop({ projectId: id, runId, lanes, before });
  return answer;
}

/** The lane or stage of a message, for the audit. What stops something is sent although Postgres takes no entry. */
export function aboutMessage<M extends StoryMessage>(message: M, given: StoryMessages[M]) {
  const { lane, gate } = given as { readonly lane?: string; readonly gate?: string };
  const named = lane ?? gate;
  const evenUnrecorded = message === 'pause' || message === 'cancelLane';
  return { evenUnrecorded, ...(named !== undefined && { lane: named }) };
}
