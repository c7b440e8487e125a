import {
  compareCursors,
  LOG_BEGINNING,
  type Cursor,
  type LaneId,
  type LogEvent,
  type StoryEvent,
} from '../../protocol';

/** The bytes for all viewers of a project, made once: one event, or a run of tokens that belong together. */
export interface Frame {
  /** The cursor of its last event; absent for a snapshot without a position on the log. */
  readonly last?: Cursor;
  readonly full: Buffer;
  /** The frame for viewers without texts; absent if nothing is left then. */
  readonly status?: Buffer;
  /** The tokens that the frame joins, if there are several. */
  readonly joined?: readonly Token[];
}

type Token = LogEvent & { readonly type: 'token'; readonly lane: LaneId };

/** The next events in as few frames as can be. */
export function framesOf(events: readonly StoryEvent[]): Frame[] {
  const frames: Frame[] = [];
  let run: Token[] = [];
  const close = () => {
    if (run.length > 0) frames.push(tokensFrame(run));
    run = [];
  };
  for (const event of events) {
    if (isOfLane(event)) run.push(event);
    else {
      close();
      frames.push(frameOf(event));
    }
  }
  close();
  return frames;
}

function isOfLane(event: StoryEvent): event is Token {
  return event.type === 'token' && event.lane !== undefined;
}

export function frameOf(event: StoryEvent): Frame {
  if (event.type === 'snapshot') return snapshotFrame(event);
  const full = message(event, event.id);
  return { last: event.id, full, ...(event.type !== 'token' && { status: full }) };
}

const rests = new WeakMap<Frame, Map<number, Frame>>();

/** What the frame has for a viewer who has all up to this event; undefined if that is nothing. Viewers share it, too. */
export function restOf(frame: Frame, after: Cursor): Frame | undefined {
  const { joined = [], last } = frame;
  if (last === undefined) return frame;
  if (compareCursors(last, after) <= 0) return undefined;
  const at = joined.findIndex(({ id }) => compareCursors(id, after) > 0);
  if (at <= 0) return frame;
  const known = rests.get(frame) ?? new Map<number, Frame>();
  rests.set(frame, known);
  const rest = known.get(at) ?? tokensFrame(joined.slice(at));
  known.set(at, rest);
  return rest;
}

type Snapshot = StoryEvent & { readonly type: 'snapshot' };

const snapshotFrames = new WeakMap<Snapshot, Frame>();

/**
 * Viewers who share a snapshot share its bytes, which can be many, and are made when the first viewer needs them.
 * Snapshots for those who want no texts are without them, too.
 */
function snapshotFrame(event: Snapshot): Frame {
  const known = snapshotFrames.get(event);
  if (known) return known;
  const id = event.cursor ?? LOG_BEGINNING;
  let full: Buffer | undefined;
  let status: Buffer | undefined;
  const frame: Frame = {
    ...(event.cursor && { last: event.cursor }),
    get full() {
      return (full ??= message(event, id));
    },
    get status() {
      return (status ??= message(withoutTexts(event), id));
    },
  };
  snapshotFrames.set(event, frame);
  return frame;
}

/**
 * A message of the gateway itself. It has no id, so a viewer who reconnects continues after the last event of the log.
 */
export function controlFrame(body: { readonly type: string } & Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(`data: ${JSON.stringify(body)}\n\n`);
}

/**
 * Tokens of several lanes, joined by lane. Only the last message has an id. A viewer whose stream breaks in the middle
 * gets all of them again, which `offset` makes harmless, and never misses tokens of another lane.
 */
function tokensFrame(run: readonly Token[]): Frame {
  const joined = new Map<LaneId, { token: Token; content: string[]; end: number }>();
  const done: { token: Token; content: string[] }[] = [];
  for (const token of run) {
    const { lane } = token;
    const open = joined.get(lane);
    joined.delete(lane);
    const end = token.offset + Buffer.byteLength(token.content);
    if (open && open.token.fence === token.fence && open.end === token.offset) {
      open.content.push(token.content);
      joined.set(lane, { ...open, end });
    } else {
      if (open) done.push(open);
      joined.set(lane, { token, content: [token.content], end });
    }
  }
  const last = run.at(-1)?.id;
  const several = run.length > 1 && { joined: run };
  const all = [...done, ...joined.values()];
  const parts = all.map(({ token: { id: _, ...token }, content }, i) => {
    const isLast = i === all.length - 1;
    return message({ ...(isLast && { id: last }), ...token, content: content.join('') }, isLast ? last : undefined);
  });
  return { ...(last && { last }), ...several, full: parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts) };
}

function message(body: object, id: Cursor | undefined): Buffer {
  return Buffer.from(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(body)}\n\n`);
}

export function withoutTexts(snapshot: Snapshot): object {
  const lanes = Object.entries(snapshot.lanes).map(([lane, { text: _, ...rest }]) => [lane, rest]);
  return { ...snapshot, lanes: Object.fromEntries(lanes) as object };
}
