import { compareCursors, type Cursor } from '../../protocol';
import type { Frame } from './frames';

const MOST_BYTES = 4_000_000;

/** The newest frames of a project, numbered from 0: the one queue of all viewers. */
export class Ring {
  /** It holds every event after this one; undefined while that cannot be known. */
  start: Cursor | undefined;
  newest: Cursor | undefined;
  private frames: Frame[] = [];
  private first = 0;
  private bytes = 0;

  get end(): number {
    return this.first + this.frames.length;
  }

  push(frame: Frame): void {
    this.frames.push(frame);
    this.bytes += frame.full.length;
    this.start ??= frame.last;
    this.newest = frame.last ?? this.newest;
    let dropped = 0;
    while (this.bytes > MOST_BYTES && dropped < this.frames.length - 1) {
      const oldest = this.frames[dropped];
      this.bytes -= oldest?.full.length ?? 0;
      this.start = oldest?.last ?? this.start;
      dropped += 1;
    }
    if (dropped === 0) return;
    this.frames.splice(0, dropped);
    this.first += dropped;
  }

  /** Undefined if the frame has been dropped. */
  at(number: number): Frame | undefined {
    return this.frames[number - this.first];
  }

  /** Whether all that lies between this event and the newest is here. */
  reaches(cursor: Cursor): boolean {
    if (this.start === undefined || this.newest === undefined) return false;
    return compareCursors(cursor, this.start) >= 0 && compareCursors(cursor, this.newest) <= 0;
  }

  /** Whether something after this event has been let go, or was before. */
  beginsAfter(cursor: Cursor): boolean {
    return this.start !== undefined && compareCursors(cursor, this.start) < 0;
  }

  /** The number of the first frame that contains something after this event. */
  after(cursor: Cursor): number {
    let number = this.end;
    while (number > this.first) {
      const { last } = this.frames[number - 1 - this.first] ?? {};
      if (last !== undefined && compareCursors(last, cursor) <= 0) break;
      number -= 1;
    }
    return number;
  }
}
