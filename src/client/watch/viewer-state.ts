import { compareCursors, type Cursor, type LaneId, type LogEvent, type SnapshotEvent } from '../../protocol';
import { LaneText } from './rolling-text-hash';

type Token = LogEvent & { type: 'token' };

interface SeenLane {
  readonly fence: number;
  /** Bytes of its text that the reader has. */
  offset: number;
  /** Undefined where there is none yet, or where its beginning was not seen. */
  text: LaneText | undefined;
}

/** The beginning of a lane's text that must be fetched, because the reader had it before this watch began. */
export interface Lacking {
  readonly lane: LaneId;
  readonly fence: number;
  readonly bytes: number;
}

const BEGINNING = '0-0';

/** Knows what its reader has seen, and so what comes next, what came before, what is stale, and whether a text is right. */
export class Follower {
  cursor: Cursor | undefined;
  private readonly lanes = new Map<LaneId, SeenLane>();

  adopt(snapshot: SnapshotEvent): void {
    this.cursor = snapshot.cursor;
    this.lanes.clear();
    for (const [lane, { fence, offset, text, sha256, verified }] of Object.entries(snapshot.lanes)) {
      // Of a lane that nobody has begun there is nothing to know.
      if (fence === 0) continue;
      let seen: LaneText | undefined;
      if (sha256 !== undefined) seen = LaneText.ofSettled(offset, verified === true ? sha256 : 'another');
      else if (text !== undefined) (seen = new LaneText()).add(text);
      this.lanes.set(lane as LaneId, { fence, offset, text: seen });
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

  /** What `take` needs to be given with this event, if a text is to be verified later. */
  lacks(event: LogEvent): Lacking | undefined {
    if (event.lane === undefined || event.fence === undefined) return undefined;
    const { lane, fence } = event;
    const known = this.lanes.get(lane);
    if (known && fence <= known.fence) return undefined;
    const lacking = (bytes: number) => (bytes > 0 ? { lane, fence, bytes } : undefined);
    switch (event.type) {
      case 'token':
        return lacking(event.offset);
      case 'resumed':
        return known?.text?.canCut(event.offset) ? undefined : lacking(event.offset);
      case 'done':
        return known ? undefined : lacking(event.metadata.length);
      default:
        return undefined;
    }
  }

  /** The event as the reader must see it; undefined where the reader has it already, from a snapshot of Postgres. */
  take(event: LogEvent, beginning?: string): LogEvent | undefined {
    this.cursor = event.id;
    if (event.lane === undefined || event.fence === undefined) return event;
    const { lane, fence } = event;
    const known = this.lanes.get(lane);
    if (known && fence < known.fence) return undefined;
    switch (event.type) {
      case 'token':
        return this.takeToken(event, known?.fence === fence ? known : this.open(lane, fence, event.offset, beginning));
      case 'reset':
        // Within an attempt only its thoughts go; a text that has settled is ahead of the log.
        if (known?.fence === fence && (event.reason !== 'thoughts' || known.text?.hasSettled)) return undefined;
        this.open(lane, fence, 0);
        return event;
      case 'resumed':
        if (known?.fence === fence) return undefined;
        this.open(lane, fence, event.offset, beginning, known?.text);
        return event;
      case 'done': {
        const { length, sha256 } = event.metadata;
        const { text } = known ?? this.open(lane, fence, length, beginning);
        return text ? { ...event, verified: text.is(length, sha256) } : event;
      }
      default:
        return event;
    }
  }

  /** A new attempt's text, which goes on from `offset`: from what is given of it, or else from what was seen before. */
  private open(lane: LaneId, fence: number, offset: number, beginning?: string, before?: LaneText): SeenLane {
    let text: LaneText | undefined;
    if (beginning !== undefined || offset === 0) {
      text = new LaneText();
      text.add(beginning ?? '');
    } else if (before?.canCut(offset)) {
      text = before;
      text.cut(offset);
    }
    const opened = { fence, offset, text };
    this.lanes.set(lane, opened);
    return opened;
  }

  private takeToken(event: Token, seen: SeenLane): LogEvent | undefined {
    const { offset: from } = seen;
    const end = event.offset + Buffer.byteLength(event.content);
    if (end <= from) return undefined;
    if (event.offset === 0) seen.text ??= new LaneText();
    const shown = event.offset >= from ? event : { ...event, offset: from, content: restOf(event, from) };
    if (event.offset > from) seen.text?.tear();
    seen.text?.add(shown.content);
    seen.offset = end;
    return shown;
  }
}

function restOf({ content, offset }: Token, from: number): string {
  return Buffer.from(content)
    .subarray(from - offset)
    .toString('utf8');
}
