import { LOG_BEGINNING, type Cursor, type LaneId, type LogEvent, type StoryEvent } from '../../protocol';

/** The bytes for all viewers of a project, made once: one event, or a run of tokens that belong together. */
export interface Frame {
  readonly full: Buffer;
  /** The frame for viewers without texts; absent if nothing is left then. */
  readonly status?: Buffer;
}

export type LaneToken = LogEvent & { readonly type: 'token'; readonly lane: LaneId };

export function isOfLane(event: StoryEvent): event is LaneToken {
  return event.type === 'token' && event.lane !== undefined;
}

export function frameOf(event: StoryEvent): Frame {
  if (event.type === 'snapshot') return snapshotFrame(event);
  const full = message(event, event.id);
  return { full, ...(event.type !== 'token' && { status: full }) };
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
export function tokensFrame(run: readonly LaneToken[]): Frame {
  const [only] = run;
  if (only && run.length === 1) return frameOf(only);
  const closed: Piece[] = [];
  const open = new Map<LaneId, Piece>();
  for (const token of run) {
    const piece = open.get(token.lane);
    const before = piece && piece.first.fence === token.fence && piece.end === token.offset ? piece : undefined;
    if (piece && !before) closed.push(piece);
    // The lane of the newest token comes last, where the id is.
    open.delete(token.lane);
    open.set(token.lane, {
      first: before?.first ?? token,
      content: (before?.content ?? '') + token.content,
      end: token.offset + Buffer.byteLength(token.content),
    });
  }
  const pieces = [...closed, ...open.values()];
  const last = run.at(-1)?.id;
  const messages = pieces.map(({ first: { id: _, ...token }, content }, i) =>
    i === pieces.length - 1
      ? message({ id: last, ...token, content }, last)
      : message({ ...token, content }, undefined),
  );
  return { full: Buffer.concat(messages) };
}

/** Tokens of a lane that follow each other. */
interface Piece {
  readonly first: LaneToken;
  readonly content: string;
  /** Bytes of the lane's text until its end. */
  readonly end: number;
}

function message(body: object, id: Cursor | undefined): Buffer {
  return Buffer.from(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(body)}\n\n`);
}

export function withoutTexts(snapshot: Snapshot): object {
  const lanes = Object.entries(snapshot.lanes).map(([lane, { text: _, ...rest }]) => [lane, rest]);
  return { ...snapshot, lanes: Object.fromEntries(lanes) as object };
}
