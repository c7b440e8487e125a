import { createHash } from 'node:crypto';
import { EMPTY_VIEW, reduceStory, type StoryView } from '../../src/cli/render';
import type {
  Cursor,
  EventBody,
  LaneId,
  LaneSnapshot,
  LogEvent,
  ProjectId,
  SnapshotEvent,
  StoryEvent,
} from '../../src/protocol';

export const PROJECT = '0b2c8a52-3f0e-4c55-9d0c-0d2a4b1f6a11' as ProjectId;

let moments = 0;

/** The event as the log would tell it; each comes a tenth of a second after the one before. */
export function event(stage: string, body: EventBody, lane: string | undefined = undefined, attempt = 1): LogEvent {
  moments += 1;
  const head = {
    id: `${moments}-0` as Cursor,
    project_id: PROJECT,
    stage,
    timestamp: moments / 10,
    ...(lane !== undefined && { lane: lane as LaneId, fence: attempt, attempt }),
  };
  return { ...head, ...body };
}

export function laneEvent(lane: string, body: EventBody, attempt = 1): LogEvent {
  return event(lane.split('/')[0] ?? lane, body, lane, attempt);
}

export function token(lane: string, content: string, offset: number, attempt = 1): LogEvent {
  return laneEvent(lane, { type: 'token', content, offset }, attempt);
}

/** With what the watch has found out about it. */
export function done(lane: string, text: string, attempt = 1, verified: boolean | 'unknown' = true): LogEvent {
  const metadata = { length: Buffer.byteLength(text), sha256: sha256(text) };
  return laneEvent(lane, { type: 'done', metadata, ...(verified !== 'unknown' && { verified }) }, attempt);
}

export function snapshot(
  lanes: Record<string, Partial<LaneSnapshot>> = {},
  rest: Partial<SnapshotEvent> = {},
): SnapshotEvent {
  moments += 1;
  const whole = Object.entries(lanes).map(([lane, { text, ...more }]): [string, LaneSnapshot] => [
    lane,
    {
      status: 'pending',
      fence: 1,
      attempt: 1,
      ...(text !== undefined && { text }),
      ...more,
      offset: Buffer.byteLength(text ?? ''),
    },
  ]);
  return {
    type: 'snapshot',
    project_id: PROJECT,
    stage: 'pipeline',
    timestamp: moments / 10,
    status: 'processing',
    topic: 'a fox',
    scenes: [],
    lanes: Object.fromEntries(whole),
    ...rest,
  };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function viewAfter(...events: readonly StoryEvent[]): StoryView {
  return events.reduce(reduceStory, EMPTY_VIEW);
}
