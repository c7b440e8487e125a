import { laneParts, type Cursor, type EventBody, type LaneId, type LogEvent, type ProjectId } from '../protocol';
import type { LaneWriter } from './event-log';

/**
 * What is stored for an event: a JSON array, kept short because one is written for every token. The id's milliseconds are
 * the event's time. `t` token, `r` reset, `c` continued; `e` any other, as a whole.
 */
type Payload =
  | ['t', lane: LaneId, fence: number, attempt: number, offset: number, content: string]
  | ['r', lane: LaneId, fence: number, attempt: number, reason: Extract<EventBody, { type: 'reset' }>['reason']]
  | [
      'c',
      lane: LaneId,
      fence: number,
      attempt: number,
      offset: number,
      how: Extract<EventBody, { type: 'resumed' }>['how'],
    ]
  | ['e', stage: string, writer: [lane: LaneId, fence: number, attempt: number] | null, body: EventBody];

export function encodeEvent(stage: string, writer: LaneWriter | undefined, body: EventBody): string {
  const payload: Payload = ['e', stage, writer ? [writer.lane, writer.fence, writer.attempt] : null, body];
  return JSON.stringify(payload);
}

/** Undefined for what this release cannot read: anybody may write or publish, and a newer release has events of its own. */
export function decodeEvent(projectId: ProjectId, id: Cursor, stored: string): LogEvent | undefined {
  try {
    const payload: unknown = JSON.parse(stored);
    return isPayload(payload) ? eventOf(projectId, id, payload) : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): boolean => typeof value === 'string';

function isPayload(payload: unknown): payload is Payload {
  if (!Array.isArray(payload)) return false;
  const [kind, lane, fence, attempt, what, more] = payload as unknown[];
  if (!isText(lane)) return false;
  if (kind === 'e') {
    const [writer, body] = [fence, attempt] as [unknown, { readonly type?: unknown } | null];
    return (writer === null || Array.isArray(writer)) && isText(body?.type);
  }
  if (typeof fence !== 'number' || typeof attempt !== 'number') return false;
  return kind === 'r' ? isText(what) : (kind === 't' || kind === 'c') && typeof what === 'number' && isText(more);
}

function eventOf(projectId: ProjectId, id: Cursor, payload: Payload): LogEvent {
  const timestamp = secondsOf(id);
  if (payload[0] === 'e') {
    const [, stage, writer, body] = payload;
    const head = { id, project_id: projectId, stage, timestamp };
    return writer ? { ...head, lane: writer[0], fence: writer[1], attempt: writer[2], ...body } : { ...head, ...body };
  }
  // Each literal is written out. Copying a common head with `...` made the garbage collector keep every token for a
  // while, and its pauses ten times longer (tried on Node 20).
  const [, lane, fence, attempt] = payload;
  const { stage } = laneParts(lane);
  switch (payload[0]) {
    case 't': {
      const [, , , , offset, content] = payload;
      return { id, project_id: projectId, stage, timestamp, lane, fence, attempt, type: 'token', offset, content };
    }
    case 'r': {
      const reason = payload[4];
      return { id, project_id: projectId, stage, timestamp, lane, fence, attempt, type: 'reset', reason };
    }
    case 'c': {
      const [, , , , offset, how] = payload;
      return { id, project_id: projectId, stage, timestamp, lane, fence, attempt, type: 'resumed', offset, how };
    }
  }
}

export function secondsOf(id: Cursor): number {
  return Number(id.slice(0, id.indexOf('-'))) / 1000;
}
