import { compareCursors, type Cursor, type StoryEvent } from '../../protocol';
import { frameOf, isOfLane, tokensFrame, type Frame, type LaneToken } from './frames';
import { Segment } from './segment';

const MAX_BYTES = 4_000_000;
/** Events that all viewers have are kept so long for those who come back. The log has them for longer. */
const RECENT_MS = 30_000;
/** What one frame joins at most. A viewer who is far behind gets several. */
const MAX_JOINED = 500;
/** Positions whose frames are kept: nearly all viewers are at the same one. */
const MAX_FRAMED = 64;

/** What comes next at a position. */
interface Framed {
  readonly frame: Frame;
  /** The number of the first event after it. */
  readonly next: number;
  /** It was made of the events before this number. */
  readonly end: number;
}

/** The newest events of a project, numbered in their order: the one queue of all viewers. */
export class Ring {
  /** It holds every event after this one; undefined while that cannot be known. */
  start: Cursor | undefined;
  newest: Cursor | undefined;
  private segments: Segment[] = [];
  private readonly framed = new Map<number, Framed>();
  private bytes = 0;
  /** The number of the next event. */
  end = 0;

  /** The number of the oldest event. */
  get first(): number {
    return this.segments[0]?.first ?? this.end;
  }

  push(event: StoryEvent): void {
    const own = positionOf(event);
    const at = own ?? this.newest;
    this.start ??= own;
    this.newest = at;
    let last = this.segments.at(-1);
    if (!last || last.isFull) this.segments.push((last = new Segment(this.end)));
    this.bytes += last.push(event, at);
    this.end += 1;
    while (this.bytes > MAX_BYTES && this.segments.length > 1) this.dropOldest();
  }

  /** Puts events before the oldest one: they are all after `start`. Does nothing if there is no room for them. */
  unshift(events: readonly StoryEvent[], start: Cursor): void {
    const earlier = new Ring();
    earlier.newest = start;
    earlier.end = this.first - events.length;
    for (const event of events) earlier.push(event);
    if (this.bytes + earlier.bytes > MAX_BYTES || earlier.first !== this.first - events.length) return;
    this.segments.unshift(...earlier.segments);
    this.bytes += earlier.bytes;
    this.start = start;
  }

  /** Lets go what all viewers have, and nobody is likely to come back for. `needed`: the lowest number that a viewer needs. */
  forget(needed: number, now = performance.now()): void {
    for (let oldest = this.segments[0]; oldest; oldest = this.segments[0]) {
      if (oldest.end > needed || now - oldest.changedAt < RECENT_MS) return;
      this.dropOldest();
    }
  }

  /**
   * What comes at this number, before the number `end`: one event, or tokens that are joined. All who ask share it.
   * Undefined if the event was let go.
   */
  next(from: number, end: number): Framed | undefined {
    const known = this.framed.get(from);
    if (known?.end === end) return known;
    const first = this.at(from);
    if (!first) return undefined;
    const framed = {
      ...(isOfLane(first) ? this.joined(first, from, end) : { frame: frameOf(first), next: from + 1 }),
      end,
    };
    if (this.framed.size >= MAX_FRAMED) this.framed.clear();
    this.framed.set(from, framed);
    return framed;
  }

  /**
   * Whether this is an event of the project, and all that lies between it and the newest is here. The events of another
   * project may lie between those of this one.
   */
  reaches(cursor: Cursor): boolean {
    if (this.start === undefined || this.newest === undefined) return false;
    if (cursor === this.start || cursor === this.newest) return true;
    if (compareCursors(cursor, this.start) < 0 || compareCursors(cursor, this.newest) > 0) return false;
    const before = this.after(cursor) - 1;
    return this.segmentOf(before)?.compare(before, cursor) === 0;
  }

  /** Whether something after this event has been let go, or was before. */
  beginsAfter(cursor: Cursor): boolean {
    return this.start !== undefined && compareCursors(cursor, this.start) < 0;
  }

  /** Whether this event has not come yet: the log is a moment ahead. */
  endsBefore(cursor: Cursor): boolean {
    return this.newest === undefined || compareCursors(this.newest, cursor) < 0;
  }

  /** The number of the first event after this one. */
  after(cursor: Cursor): number {
    let [from, to] = [this.first, this.end];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      if ((this.segmentOf(middle)?.compare(middle, cursor) ?? 1) <= 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** The number of the first event, of those from this one on, that is after the cursor. A snapshot is news in any case. */
  skip(from: number, cursor: Cursor): number {
    for (let number = from; number < this.end; number += 1) {
      const isAfter = (this.segmentOf(number)?.compare(number, cursor) ?? 1) > 0;
      if (isAfter || this.at(number)?.type === 'snapshot') return number;
    }
    return this.end;
  }

  private at(number: number): StoryEvent | undefined {
    return this.segmentOf(number)?.at(number);
  }

  /** Most who ask are near the end. */
  private segmentOf(number: number): Segment | undefined {
    const segment = this.segments.findLast(({ first }) => first <= number);
    return segment && number < segment.end ? segment : undefined;
  }

  private joined(first: LaneToken, from: number, end: number): Omit<Framed, 'end'> {
    const run = [first];
    for (let next = from + 1; next < end && run.length < MAX_JOINED; next += 1) {
      const event = this.at(next);
      if (!event || !isOfLane(event)) break;
      run.push(event);
    }
    return { frame: tokensFrame(run), next: from + run.length };
  }

  private dropOldest(): void {
    const oldest = this.segments.shift();
    if (!oldest) return;
    this.bytes -= oldest.bytes;
    this.start = oldest.last ?? this.start;
    this.framed.clear();
  }
}

/** Where a viewer is who has this event; undefined if the log had no event then. */
export function positionOf(event: StoryEvent): Cursor | undefined {
  return event.type === 'snapshot' ? event.cursor : event.id;
}
