import { randomUUID } from 'node:crypto';
import { laneId, type Cursor, type EventBody, type LaneId, type LogEvent, type ProjectId } from '../../src/protocol';
import type { AppendRequest, EventLog, LaneWriter, LogMessage } from '../../src/stream';

/** Opens a log that keeps so many entries per project; the suite closes it. */
export type OpenLog = (maxEntries?: number) => Promise<EventLog>;

export const REWRITE = laneId('rewrite');
export const NOTE: EventBody = { type: 'stage_update', status: 'processing' };

export function newProject(): ProjectId {
  return randomUUID() as ProjectId;
}

export function writerOf(projectId: ProjectId, fence: number, lane: LaneId = REWRITE): LaneWriter {
  return { projectId, lane, fence, attempt: fence };
}

/** Appends at an offset and gives the log's answer. */
export function append(
  log: EventLog,
  writer: LaneWriter,
  offset: number,
  text: string,
  opening: Pick<AppendRequest, 'reason' | 'continued'> = {},
) {
  return log.append({ writer, offset, text, ...opening });
}

/** Gives a project its first event, and the cursor from which all that comes later can be read. */
export async function begin(log: EventLog): Promise<{ projectId: ProjectId; start: Cursor }> {
  const projectId = newProject();
  await log.publish({ projectId, stage: 'pipeline', events: [NOTE] });
  const { cursor } = await log.snapshot(projectId);
  if (!cursor) throw new Error('the log has no event');
  return { projectId, start: cursor };
}

export async function readAll(log: EventLog, projectId: ProjectId, from: Cursor): Promise<readonly LogEvent[]> {
  const events = await log.read(projectId, from, 10_000);
  if (!events) throw new Error('the log does not hold the cursor any more');
  return events;
}

/** Events without what differs from run to run. */
export function told(events: readonly LogEvent[]): object[] {
  return events.map((event) => {
    const { id, timestamp, project_id, stage, lane, fence, attempt, ...body } = event;
    return fence === undefined ? body : { ...body, fence };
  });
}

export async function textOf(log: EventLog, projectId: ProjectId, lane: LaneId = REWRITE): Promise<string | undefined> {
  return (await log.lane(projectId, lane))?.text;
}

/** What a listener hears, until `leave` is called. */
export async function listen(log: EventLog, projectId: ProjectId) {
  const messages: LogMessage[] = [];
  const leave = await log.subscribe(projectId, (message) => void messages.push(message));
  const events = () => messages.flatMap((message) => (message.kind === 'event' ? [message.event] : []));
  return { messages, events, leave };
}
