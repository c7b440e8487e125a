import type { StoryClient } from '../../client';
import { isFollowedBySnapshot } from '../../client/internal';
import {
  compareCursors,
  isFinal,
  LOG_BEGINNING,
  millisecondsBetween,
  type Cursor,
  type ProjectId,
  type SnapshotEvent,
  type StoryEvent,
} from '../../protocol';
import { firstSnapshot } from '../owned-project';
import { Shared } from '../shared';
import type { Replay } from './replay';
import type { Ring } from './ring';
import type { Turns } from './turns';

/** How a viewer begins. */
export type Entry =
  | { readonly kind: 'snapshot'; readonly snapshot: SnapshotEvent }
  | { readonly kind: 'resume'; readonly after: Cursor }
  /** The ring does not reach back so far: a watch of its own first. */
  | ({ readonly kind: 'replay' } & Replay)
  /** The run has ended, and the viewer has all of it. */
  | { readonly kind: 'nothing' };

const SNAPSHOT_MS = 250;
/** After a gateway has died, its viewers come back with cursors that are only so old. */
const RECENT_MS = 30_000;
const EXTEND_MS = 3_000;

export interface EntranceOptions {
  readonly stories: StoryClient;
  readonly projectId: ProjectId;
  /** The shared limit of this process, for watches that begin at a cursor. */
  readonly turns: Turns;
  readonly ring: Ring;
  /** Ends the watches that are begun here. */
  readonly signal: AbortSignal;
  /** Whether the run has ended: the ring gets no more events. */
  readonly isOver: () => boolean;
}

/** Finds where each viewer of a project begins: at a snapshot, in the ring, or with a watch of its own. */
export class Entrance {
  private readonly taken = new Shared<SnapshotEvent>(SNAPSHOT_MS);
  private readonly extended = new Shared<void>(SNAPSHOT_MS);

  constructor(private readonly given: EntranceOptions) {}

  /** Throws `Project.NotFound`, and the error of Postgres if Postgres is away. */
  async enter(cursor: Cursor | undefined): Promise<Entry> {
    const { ring, isOver, turns } = this.given;
    if (cursor === undefined) return this.enterAnew();
    if (!isOver() && ring.reaches(cursor)) return { kind: 'resume', after: cursor };
    if (!isOver() && ring.beginsAfter(cursor)) {
      const extend = () => turns.run(() => this.extend(cursor));
      await this.extended.of(cursor, extend).catch(() => undefined);
      const isThere = !isOver() && ring.reaches(cursor);
      return isThere ? { kind: 'resume', after: cursor } : this.openReplay(cursor);
    }
    const snapshot = await this.snapshot();
    // The log is empty or away: there is no cursor to continue from.
    if (!snapshot.cursor && !isFinal(snapshot.status)) return { kind: 'snapshot', snapshot };
    const at = snapshot.cursor ?? LOG_BEGINNING;
    // The cursor belongs to another project, or to a log that was lost.
    if (compareCursors(cursor, at) > 0) return { kind: 'snapshot', snapshot };
    if (isFinal(snapshot.status) && cursor === at) return { kind: 'nothing' };
    // The ring is a moment behind the log. Whether it holds anything else, a watch of its own finds out.
    const isNewest = cursor === at && ring.start !== undefined && !isOver();
    return isNewest ? { kind: 'resume', after: cursor } : this.openReplay(cursor);
  }

  /** One for all who come within a moment; they share its bytes, too. */
  snapshot(): Promise<SnapshotEvent> {
    const { stories, projectId } = this.given;
    return this.taken.of(projectId, () => firstSnapshot(stories, projectId));
  }

  /**
   * Lets the ring reach back to a cursor of a moment ago. All viewers who come back at once need the same events, which
   * are read once for all of them. If the log does not have them, each viewer begins with a watch of its own.
   */
  private async extend(from: Cursor): Promise<void> {
    const { ring } = this.given;
    const { start } = ring;
    // Another viewer's cursor may have been older, while this one waited for its turn.
    if (start === undefined || ring.reaches(from) || millisecondsBetween(from, start) > RECENT_MS) return;
    const events: StoryEvent[] = [];
    const watch = this.watch(from);
    const tooLate = setTimeout(() => void watch.return(), EXTEND_MS);
    try {
      for await (const event of watch) {
        if (event.type === 'snapshot' || isFollowedBySnapshot(event)) return;
        const order = compareCursors(event.id, start);
        if (order <= 0) events.push(event);
        if (order < 0) continue;
        // Unless another one has extended it meanwhile.
        if (ring.start === start) ring.unshift(events, from);
        return;
      }
    } finally {
      clearTimeout(tooLate);
    }
  }

  private async enterAnew(): Promise<Entry> {
    const { ring, isOver } = this.given;
    const snapshot = await this.snapshot();
    const isHere = snapshot.cursor !== undefined && ring.reaches(snapshot.cursor);
    // The run of this hub is over, and another one has begun.
    if (isOver() && !isFinal(snapshot.status) && !isHere) return this.openReplay();
    return { kind: 'snapshot', snapshot };
  }

  private async openReplay(from?: Cursor): Promise<Entry> {
    const watch = this.watch(from);
    // The begin of a watch reads from Postgres and Redis; later reads follow the viewer's pace.
    const { value: first } = await this.given.turns.run(() => watch.next());
    return first ? { kind: 'replay', first, watch } : { kind: 'nothing' };
  }

  private watch(from: Cursor | undefined): AsyncGenerator<StoryEvent, void> {
    const { stories, projectId, signal } = this.given;
    return stories.watch(projectId, { ...(from && { from }), signal });
  }
}
