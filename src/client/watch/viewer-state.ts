import {
  compareCursors,
  laneEntries,
  LOG_BEGINNING,
  type Cursor,
  type LaneId,
  type LogEvent,
  type SnapshotEvent,
} from '../../protocol';
import { RollingTextHash } from './rolling-text-hash';

type Token = LogEvent & { type: 'token' };

interface SeenLane {
  readonly fence: number;
  /** Bytes of its text that the reader has. */
  offset: number;
  /** Undefined if there is no text yet, or if its beginning was not seen. */
  text: RollingTextHash | undefined;
}

/** The beginning of a lane's text that must be fetched, because the reader had it before this watch began. */
export interface MissingPrefix {
  readonly lane: LaneId;
  readonly fence: number;
  readonly bytes: number;
}

/** Knows what its reader has seen, and so what comes next, what came before, what is stale, and whether a text is right. */
export class ViewerState {
  cursor: Cursor | undefined;
  private readonly lanes = new Map<LaneId, SeenLane>();

  adopt(snapshot: SnapshotEvent): void {
    this.cursor = snapshot.cursor;
    this.lanes.clear();
    for (const [lane, { fence, offset, text, sha256, verified }] of laneEntries(snapshot.lanes)) {
      // There is nothing to know about a lane that no attempt has begun.
      if (fence === 0) continue;
      let seen: RollingTextHash | undefined;
      if (sha256 !== undefined) seen = RollingTextHash.ofSettled(offset, verified === true ? sha256 : 'another');
      else if (text !== undefined) (seen = new RollingTextHash()).add(text);
      this.lanes.set(lane, { fence, offset, text: seen });
    }
  }

  follows(before: Cursor): boolean {
    return before === (this.cursor ?? LOG_BEGINNING);
  }

  /**
   * True if events between the reader's last event and this one are missing. If the event is the first of a log, all
   * may be missing. A lost log begins again, and at lower ids if the clock was set back.
   */
  missed(id: Cursor, before: Cursor): boolean {
    return this.cursor === undefined || before === LOG_BEGINNING || compareCursors(id, this.cursor) > 0;
  }

  /**
   * The event continues text that the reader was never shown. This happens in the following case: the log was lost, and
   * a snapshot of Postgres named the newest attempt without a text. That attempt continued what an older attempt, which
   * still ran, had published meanwhile.
   */
  isMissingPrefix(event: LogEvent): boolean {
    if (event.type !== 'token' && event.type !== 'resumed') return false;
    const known = event.lane && this.lanes.get(event.lane);
    if (!known || event.fence === undefined || event.fence < known.fence) return false;
    const shown = event.type === 'token' && event.fence > known.fence ? 0 : known.offset;
    return event.offset > shown;
  }

  /** The earlier text that `take` needs with this event, if a later `done` must verify the text. */
  missingPrefix(event: LogEvent): MissingPrefix | undefined {
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

  /** The event as the reader must see it; undefined if the reader has it already, from a snapshot of Postgres. */
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
        // Within an attempt, only thoughts are removed. A committed text is ahead of the log.
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

  /**
   * A new attempt's text, which continues at `offset`: from the given beginning, or else from the text that was seen
   * before.
   */
  private open(lane: LaneId, fence: number, offset: number, beginning?: string, before?: RollingTextHash): SeenLane {
    let text: RollingTextHash | undefined;
    if (beginning !== undefined || offset === 0) {
      text = new RollingTextHash();
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
    if (event.offset === 0) seen.text ??= new RollingTextHash();
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
