import {
  laneParts,
  parseLaneId,
  type Cursor,
  type EventBody,
  type LaneId,
  type LogEvent,
  type ProjectId,
} from '../protocol';
import { isCount, list, Misshapen, readBody, readContinuation, readReason, text } from '../protocol/viewer';
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

/**
 * Undefined for what this release cannot read: anybody may write or publish, and a newer release has events of its own.
 * `refuse` receives the fault of an entry that is no event of any release, without a word of it.
 */
export function decodeEvent(
  projectId: ProjectId,
  id: Cursor,
  stored: string,
  refuse?: (why: string) => void,
): LogEvent | undefined {
  try {
    return eventOf(projectId, id, JSON.parse(stored));
  } catch (error) {
    refuse?.(error instanceof Misshapen ? error.message : 'it is no JSON');
    return undefined;
  }
}

/** What is checked for each token is checked by hand. */
function eventOf(projectId: ProjectId, id: Cursor, payload: unknown): LogEvent | undefined {
  if (!Array.isArray(payload)) throw new Misshapen('', 'a list');
  const [kind, lane, fence, attempt, at, more] = payload as unknown[];
  if (kind === 'e') return otherEventOf(projectId, id, [lane, fence, attempt]);
  if (kind !== 't' && kind !== 'r' && kind !== 'c') {
    text(kind, '[0]');
    return undefined;
  }
  if (!isLane(lane) || !isCount(fence) || !isCount(attempt)) throw new Misshapen('', 'by an attempt of a lane');
  const timestamp = secondsOf(id);
  const { stage } = laneParts(lane);
  // Each literal is written out. Copying a common head with `...` made the collector keep every token for a while.
  // Its pauses were ten times longer (tried on Node 20).
  if (kind === 'r') {
    const reason = readReason(at);
    return { id, project_id: projectId, stage, timestamp, lane, fence, attempt, type: 'reset', reason };
  }
  if (!isCount(at)) throw new Misshapen('[4]', 'an offset');
  if (kind === 't') {
    const content = text(more, '[5]');
    return { id, project_id: projectId, stage, timestamp, lane, fence, attempt, type: 'token', offset: at, content };
  }
  const how = readContinuation(more);
  return { id, project_id: projectId, stage, timestamp, lane, fence, attempt, type: 'resumed', offset: at, how };
}

function otherEventOf(
  projectId: ProjectId,
  id: Cursor,
  [givenStage, givenWriter, given]: readonly unknown[],
): LogEvent | undefined {
  const stage = text(givenStage, '[1]');
  const body = readBody(given);
  if (!body) return undefined;
  const head = { id, project_id: projectId, stage, timestamp: secondsOf(id) };
  if (givenWriter === null) return { ...head, ...body };
  const [lane, fence, attempt] = list((each) => each)(givenWriter, '[2]');
  if (!isLane(lane) || !isCount(fence) || !isCount(attempt)) throw new Misshapen('[2]', 'an attempt of a lane');
  return { ...head, lane, fence, attempt, ...body };
}

function isLane(value: unknown): value is LaneId {
  return parseLaneId(value) !== undefined;
}

export function secondsOf(id: Cursor): number {
  return Number(id.slice(0, id.indexOf('-'))) / 1000;
}
