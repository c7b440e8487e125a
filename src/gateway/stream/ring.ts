import { compareCursors, type Cursor } from '../../protocol';
import type { Frame } from './frames';

const MAX_BYTES = 4_000_000;

/** The newest frames of a project, numbered in their order: the one queue of all viewers. */
export class Ring {
  /** It holds every event after this one; undefined while that cannot be known. */
  start: Cursor | undefined;
  newest: Cursor | undefined;
  private frames: Placed[] = [];
  private first = 0;
  private bytes = 0;

  get end(): number {
    return this.first + this.frames.length;
  }

  push(frame: Frame): void {
    this.start ??= frame.last;
    this.newest = frame.last ?? this.newest;
    this.frames.push({ frame, at: this.newest });
    this.bytes += frame.full.length;
    let dropped = 0;
    while (this.bytes > MAX_BYTES && dropped < this.frames.length - 1) {
      const oldest = this.frames[dropped];
      this.bytes -= oldest?.frame.full.length ?? 0;
      this.start = oldest?.at ?? this.start;
      dropped += 1;
    }
    if (dropped === 0) return;
    this.frames.splice(0, dropped);
    this.first += dropped;
  }

  /** Puts frames before the oldest one: they hold every event after `start`. Does nothing if there is no room for them. */
  unshift(frames: readonly Frame[], start: Cursor): void {
    const bytes = frames.reduce((sum, { full }) => sum + full.length, 0);
    if (this.bytes + bytes > MAX_BYTES) return;
    this.frames.unshift(...frames.map((frame) => ({ frame, at: frame.last ?? start })));
    this.first -= frames.length;
    this.bytes += bytes;
    this.start = start;
  }

  /** Undefined if the frame has been dropped. */
  at(number: number): Frame | undefined {
    return this.frames[number - this.first]?.frame;
  }

  /**
   * Whether this is an event of the project, and all that lies between it and the newest is here. The events of another
   * project may lie between those of this one.
   */
  reaches(cursor: Cursor): boolean {
    if (this.start === undefined || this.newest === undefined) return false;
    if (cursor === this.start || cursor === this.newest) return true;
    if (compareCursors(cursor, this.start) < 0 || compareCursors(cursor, this.newest) > 0) return false;
    const next = this.after(cursor) - this.first;
    return (
      this.frames[next - 1]?.at === cursor || (this.frames[next]?.frame.joined ?? []).some(({ id }) => id === cursor)
    );
  }

  /** Whether something after this event has been let go, or was before. */
  beginsAfter(cursor: Cursor): boolean {
    return this.start !== undefined && compareCursors(cursor, this.start) < 0;
  }

  /** The number of the first frame that contains something after this event. */
  after(cursor: Cursor): number {
    let [from, to] = [0, this.frames.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const at = this.frames[middle]?.at;
      if (at !== undefined && compareCursors(at, cursor) <= 0) from = middle + 1;
      else to = middle;
    }
    return this.first + from;
  }
}

/** A frame, and the last event before its end; undefined if the log had no event then. */
interface Placed {
  readonly frame: Frame;
  readonly at: Cursor | undefined;
}
