import {
  compareCursors,
  isFinal,
  isTerminal,
  type Cursor,
  type LaneId,
  type LogEvent,
  type ProjectId,
  type SnapshotEvent,
  type StoryEvent,
} from '../protocol';
import type { EventLog, LogSnapshot } from '../stream';
import { Inbox } from './inbox';
import type { ProjectTruth } from './project-truth';
import { snapshotOf } from './snapshot';

export interface WatchOptions {
  /** Go on after this event instead of beginning with a snapshot. */
  readonly from?: Cursor;
  /** Ends the watch quietly. */
  readonly signal?: AbortSignal;
}

export interface WatchSource {
  readonly log: EventLog;
  /** Undefined where there is no such project. */
  readonly truth: (projectId: ProjectId) => Promise<ProjectTruth | undefined>;
  /** Told of each event that came live, and when it entered the log. */
  readonly delivered?: (timestamp: number) => void;
}

const PAGE = 500;
const SUBSCRIBE_MS = 3_000;
/** Without news for so long, Postgres is asked whether the run has ended; sooner while the log is away. */
const ASK_MS = { calm: 15_000, away: 2_000 };
const BEGINNING = '0-0';

/**
 * Follows one project: a snapshot and then every event after it, none lost and none twice. With a cursor it goes on right
 * after that event; where the log does not reach back so far, with a snapshot. Ends after the run's last event, or after
 * a snapshot of a run that has ended. While the log is away it waits, and goes on where it was; a run that ends meanwhile
 * is seen in Postgres.
 */
export async function* watchProject(
  { log, truth, delivered }: WatchSource,
  projectId: ProjectId,
  options: WatchOptions,
): AsyncGenerator<StoryEvent, void, undefined> {
  const signal = options.signal ?? new AbortController().signal;
  const inbox = new Inbox();
  const follower = new Follower();
  // Subscribe first, then read what there is: nothing falls between.
  const subscription = log.subscribe(projectId, inbox.put);
  if (!(await settledWithin(subscription, SUBSCRIBE_MS))) {
    // What was appended until then was not announced to us.
    subscription.then(() => inbox.put({ kind: 'interrupted' })).catch(() => undefined);
  }
  let away = false;

  async function* snapshot(): AsyncGenerator<StoryEvent, boolean, undefined> {
    const held: LogSnapshot | undefined = await log.snapshot(projectId).catch(() => undefined);
    away = held === undefined;
    const known = await truth(projectId);
    if (!known) return true;
    const event = snapshotOf(projectId, known, held);
    follower.adopt(event);
    yield event;
    return isFinal(known.project.status);
  }

  /** Reads on from the cursor. True when there is nothing more to come. */
  async function* catchUp(): AsyncGenerator<StoryEvent, boolean, undefined> {
    for (;;) {
      if (!follower.cursor) return yield* snapshot();
      let events: readonly LogEvent[] | undefined;
      try {
        events = await log.read(projectId, follower.cursor, PAGE);
        away = false;
      } catch {
        away = true;
        return false;
      }
      if (!events) return yield* snapshot();
      for (const event of events) {
        if (signal.aborted) return true;
        if (follower.lacksTextBefore(event)) return yield* snapshot();
        const shown = follower.take(event);
        if (shown) yield shown;
        if (isTerminal(event)) return true;
      }
      if (events.length < PAGE) return false;
    }
  }

  /** Nothing was announced for a while: either nothing happened, or it did not reach us. */
  async function* afterSilence(): AsyncGenerator<StoryEvent, boolean, undefined> {
    const held = follower.cursor ? undefined : await log.snapshot(projectId).catch(() => undefined);
    if ((follower.cursor || held?.cursor) && (yield* catchUp())) return true;
    return yield* endedMeanwhile();
  }

  /** The run may have ended without its last event reaching the log; then a snapshot takes that event's place. */
  async function* endedMeanwhile(): AsyncGenerator<StoryEvent, boolean, undefined> {
    let known: ProjectTruth | undefined;
    try {
      known = await truth(projectId);
    } catch {
      // Postgres is away for a moment; the watch goes on.
      return false;
    }
    if (known && !isFinal(known.project.status)) return false;
    yield* snapshot();
    return true;
  }

  try {
    if (options.from) {
      follower.cursor = options.from;
      if ((yield* catchUp()) || (yield* endedMeanwhile())) return;
    } else if (yield* snapshot()) {
      return;
    }
    while (!signal.aborted) {
      const message = await inbox.next(away ? ASK_MS.away : ASK_MS.calm, signal);
      if (signal.aborted) return;
      if (message === undefined) {
        if (yield* afterSilence()) return;
      } else if (message.kind === 'event' && follower.follows(message.before)) {
        if (follower.lacksTextBefore(message.event)) {
          if (yield* snapshot()) return;
          continue;
        }
        const shown = follower.take(message.event);
        if (shown) delivered?.(shown.timestamp);
        if (shown) yield shown;
        if (isTerminal(message.event)) return;
      } else if (message.kind === 'interrupted' || follower.missed(message.event.id, message.before)) {
        if (yield* catchUp()) return;
      }
    }
  } finally {
    void subscription.then((leave) => leave()).catch(() => undefined);
  }
}

/** Knows what its reader has seen, and so what comes next, what came before and what is stale. */
class Follower {
  cursor: Cursor | undefined;
  private readonly lanes = new Map<LaneId, { fence: number; offset: number }>();

  adopt(snapshot: SnapshotEvent): void {
    this.cursor = snapshot.cursor;
    this.lanes.clear();
    for (const [lane, { fence, offset }] of Object.entries(snapshot.lanes)) {
      this.lanes.set(lane as LaneId, { fence, offset });
    }
  }

  follows(before: Cursor): boolean {
    return before === (this.cursor ?? BEGINNING);
  }

  /**
   * Something lies between what the reader has and this event. Where the event is the first of a log, that may be all:
   * a log that was lost begins anew, and at lower ids where the clock has gone back.
   */
  missed(id: Cursor, before: Cursor): boolean {
    return this.cursor === undefined || before === BEGINNING || compareCursors(id, this.cursor) > 0;
  }

  /**
   * It goes on from text that the reader was never shown. So it is where the log was lost, a snapshot of Postgres named the
   * newest attempt without a text, and that attempt went on from what an older one, still alive, had told meanwhile.
   */
  lacksTextBefore(event: LogEvent): boolean {
    if (event.type !== 'token' && event.type !== 'resumed') return false;
    const known = event.lane && this.lanes.get(event.lane);
    if (!known || event.fence === undefined || event.fence < known.fence) return false;
    const shown = event.type === 'token' && event.fence > known.fence ? 0 : known.offset;
    return event.offset > shown;
  }

  /** The event as the reader must see it; undefined where the reader has it already, from a snapshot of Postgres. */
  take(event: LogEvent): LogEvent | undefined {
    this.cursor = event.id;
    if (event.lane === undefined || event.fence === undefined) return event;
    const lane = this.lanes.get(event.lane);
    if (lane && event.fence < lane.fence) return undefined;
    switch (event.type) {
      case 'token':
        return this.takeToken(event, event.lane, event.fence, lane);
      case 'reset':
        if (lane && lane.fence === event.fence) return undefined;
        this.lanes.set(event.lane, { fence: event.fence, offset: 0 });
        return event;
      case 'resumed':
        if (lane && lane.fence === event.fence) return undefined;
        this.lanes.set(event.lane, { fence: event.fence, offset: event.offset });
        return event;
      default:
        return event;
    }
  }

  private takeToken(
    event: LogEvent & { type: 'token' },
    lane: LaneId,
    fence: number,
    known: { fence: number; offset: number } | undefined,
  ): LogEvent | undefined {
    const bytes = Buffer.byteLength(event.content);
    const from = known?.fence === fence ? known.offset : 0;
    if (event.offset + bytes <= from) return undefined;
    this.lanes.set(lane, { fence, offset: event.offset + bytes });
    if (event.offset >= from) return event;
    return {
      ...event,
      offset: from,
      content: Buffer.from(event.content)
        .subarray(from - event.offset)
        .toString('utf8'),
    };
  }
}

/** Resolves true when the promise resolved in time, false when it did not, or rejected. */
async function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  const settled = promise.then(
    () => true,
    () => false,
  );
  return Promise.race([settled, patience]).finally(() => clearTimeout(timer));
}
