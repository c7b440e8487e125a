import type { StoryClient } from '../../client';
import {
  compareCursors,
  isFinal,
  millisecondsBetween,
  type Cursor,
  type ProjectId,
  type SnapshotEvent,
  type StoryEvent,
  LOG_BEGINNING,
} from '../../protocol';
import { firstSnapshot } from '../owned-project';
import { Shared } from '../shared';
import { controlFrame, frameOf, framesOf, restOf } from './frames';
import { replay, type Replay } from './replay';
import { Ring } from './ring';
import type { Rounds } from './rounds';
import type { Turns } from './turns';
import type { Viewer } from './viewer';

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
const LINGER_MS = 30_000;

/**
 * All viewers of one project in this process: one watch of the project, each event framed once, and per viewer a socket and
 * a position. It is only a cache: a viewer whose gateway dies continues at any other with its cursor.
 */
export class ProjectHub {
  private readonly ring = new Ring();
  private readonly viewers = new Set<Viewer>();
  private readonly leaving = new AbortController();
  private readonly begun: Promise<void>;
  private readonly taken = new Shared<SnapshotEvent>(SNAPSHOT_MS);
  private readonly extended = new Shared<void>(SNAPSHOT_MS);
  private pending: StoryEvent[] = [];
  /** Whether viewers have something to get that a round has not begun to give them. */
  private hasNews = false;
  private inRound = false;
  private lingering: NodeJS.Timeout | undefined;
  private over = false;
  private isAway = false;
  private readonly changed = new Set<() => void>();

  constructor(
    private readonly stories: StoryClient,
    private readonly projectId: ProjectId,
    /** The shared limit of this process, for watches that begin at a cursor. */
    private readonly turns: Turns,
    private readonly rounds: Rounds,
    /** The project's next viewer needs another hub. */
    private readonly left: () => void,
  ) {
    this.begun = this.begin();
    this.begun.catch(() => this.close());
    this.linger();
  }

  /** Throws `Project.NotFound`, and the error of Postgres if Postgres is away. */
  async enter(cursor: Cursor | undefined): Promise<Entry> {
    // It must not end while somebody enters.
    this.linger();
    await this.begun;
    if (cursor === undefined) return this.enterAnew();
    if (!this.over && this.ring.reaches(cursor)) return { kind: 'resume', after: cursor };
    if (!this.over && this.ring.beginsAfter(cursor)) {
      const extend = () => this.turns.run(() => this.extend(cursor));
      await this.extended.of(cursor, extend).catch(() => undefined);
      const isThere = !this.over && this.ring.reaches(cursor);
      return isThere ? { kind: 'resume', after: cursor } : this.openReplay(cursor);
    }
    const snapshot = await this.snapshot();
    // The log is empty or away: there is no cursor to continue from.
    if (!snapshot.cursor && !isFinal(snapshot.status)) return { kind: 'snapshot', snapshot };
    const at = snapshot.cursor ?? LOG_BEGINNING;
    // The cursor belongs to another project, or to a log that was lost.
    if (compareCursors(cursor, at) > 0) return { kind: 'snapshot', snapshot };
    if (isFinal(snapshot.status) && cursor === at) return { kind: 'nothing' };
    // The ring is a moment behind the log.
    return this.over || this.ring.start === undefined ? this.openReplay(cursor) : { kind: 'resume', after: cursor };
  }

  /** From now on the viewer gets every frame. If the hub has closed meanwhile, the viewer comes back to another one. */
  async attach(viewer: Viewer, entry: Exclude<Entry, { kind: 'nothing' }>): Promise<void> {
    if (viewer.isGone || this.leaving.signal.aborted) {
      if (entry.kind === 'replay') await entry.watch.return();
      return viewer.drop();
    }
    this.viewers.add(viewer);
    clearTimeout(this.lingering);
    if (entry.kind === 'replay') {
      if (!(await this.replay(viewer, entry))) return;
    } else if (entry.kind === 'resume') this.place(viewer, entry.after);
    else {
      const { snapshot } = entry;
      viewer.give(frameOf(snapshot));
      if (isFinal(snapshot.status)) return viewer.end('run_ended');
      this.place(viewer, snapshot.cursor ?? LOG_BEGINNING);
    }
    viewer.write(controlFrame({ type: 'caught_up', server_time: Date.now() / 1000 }));
    if (this.isAway) viewer.write(streamFrame('away'));
    this.deliver(viewer);
  }

  readonly deliver = (viewer: Viewer): void => {
    if (viewer.next === undefined) return;
    while (viewer.canTake && viewer.next < this.ring.end) {
      const frame = this.ring.at(viewer.next);
      // Too far behind: it comes back with its cursor.
      if (!frame) return viewer.drop();
      viewer.next += 1;
      const news = viewer.after === undefined ? frame : restOf(frame, viewer.after);
      if (!news) continue;
      if (news.last !== undefined) viewer.after = undefined;
      viewer.give(news);
    }
    if (this.over && viewer.canTake) viewer.end('run_ended');
  };

  readonly forget = (viewer: Viewer): void => {
    this.viewers.delete(viewer);
    if (this.viewers.size === 0) this.linger();
  };

  /** Resolves at the next event that is no text, or when the signal fires. */
  async change(signal: AbortSignal): Promise<void> {
    await this.begun;
    if (this.over || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const over = () => {
        this.changed.delete(over);
        signal.removeEventListener('abort', over);
        resolve();
      };
      this.changed.add(over);
      signal.addEventListener('abort', over);
    });
  }

  close(): void {
    this.left();
    this.leaving.abort();
    clearTimeout(this.lingering);
    this.notifyChanged();
  }

  get isOver(): boolean {
    return this.over || this.leaving.signal.aborted;
  }

  get isEmpty(): boolean {
    return this.viewers.size === 0;
  }

  all(): Iterable<Viewer> {
    return this.viewers;
  }

  private place(viewer: Viewer, after: Cursor): void {
    viewer.after = after;
    viewer.next = this.ring.after(after);
  }

  /**
   * Lets the ring reach back to a cursor of a moment ago. All viewers who come back at once need the same events, which
   * are read once for all of them. If the log does not have them, each viewer begins with a watch of its own.
   */
  private async extend(from: Cursor): Promise<void> {
    const { start } = this.ring;
    // Another viewer's cursor may have been older, while this one waited for its turn.
    if (start === undefined || this.ring.reaches(from) || millisecondsBetween(from, start) > RECENT_MS) return;
    const events: StoryEvent[] = [];
    const watch = this.stories.watch(this.projectId, { from, signal: this.leaving.signal });
    const tooLate = setTimeout(() => void watch.return(), EXTEND_MS);
    try {
      for await (const event of watch) {
        if (event.type === 'snapshot') return;
        const order = compareCursors(event.id, start);
        if (order <= 0) events.push(event);
        if (order < 0) continue;
        // Unless another one has extended it meanwhile.
        if (this.ring.start === start) this.ring.unshift(framesOf(events), from);
        return;
      }
    } finally {
      clearTimeout(tooLate);
    }
  }

  private async enterAnew(): Promise<Entry> {
    const snapshot = await this.snapshot();
    const isHere = snapshot.cursor !== undefined && this.ring.reaches(snapshot.cursor);
    // The run of this hub is over, and another one has begun.
    if (this.over && !isFinal(snapshot.status) && !isHere) return this.openReplay();
    return { kind: 'snapshot', snapshot };
  }

  private async openReplay(from?: Cursor): Promise<Entry> {
    const watch = this.stories.watch(this.projectId, { ...(from && { from }), signal: this.leaving.signal });
    // The begin of a watch reads from Postgres and Redis; later reads follow the viewer's pace.
    const { value: first } = await this.turns.run(() => watch.next());
    return first ? { kind: 'replay', first, watch } : { kind: 'nothing' };
  }

  /** One for all who come within a moment; they share its bytes, too. */
  private snapshot(): Promise<SnapshotEvent> {
    return this.taken.of(this.projectId, () => firstSnapshot(this.stories, this.projectId));
  }

  private async begin(): Promise<void> {
    const snapshot = await this.snapshot();
    if (isFinal(snapshot.status)) return this.finish();
    this.ring.start = this.ring.newest = snapshot.cursor;
    void this.follow(snapshot.cursor).then(
      () => this.finish(),
      () => this.breakOff(),
    );
  }

  /**
   * Takes every event after `from`. A watch that has shown a snapshot leaves out the events that the snapshot contains.
   * Not every viewer has had that snapshot, so the watch begins again at the snapshot's position.
   */
  private async follow(from: Cursor | undefined): Promise<void> {
    const { signal } = this.leaving;
    const onLog = (state: 'live' | 'away') => this.publishState(state);
    for (let at = from; !signal.aborted;) {
      let again: Cursor | undefined;
      for await (const event of this.stories.watch(this.projectId, { ...(at && { from: at }), signal, onLog })) {
        // Viewers of a log without an event have this snapshot already.
        if (event.type !== 'snapshot' || event.cursor || isFinal(event.status) || at) this.take(event);
        again = event.type === 'snapshot' && !isFinal(event.status) ? event.cursor : undefined;
        if (again) break;
      }
      if (!again) return;
      at = again;
    }
  }

  /** Viewers learn whether texts can come; what is stored they have in any case. */
  private publishState(state: 'live' | 'away'): void {
    if (this.isAway === (state === 'away')) return;
    this.isAway = state === 'away';
    for (const viewer of this.viewers) viewer.write(streamFrame(state));
  }

  private take(event: StoryEvent): void {
    this.pending.push(event);
    if (event.type !== 'token') this.notifyChanged();
    this.deliverSoon();
  }

  private deliverSoon(): void {
    this.hasNews = true;
    if (this.inRound) return;
    this.inRound = true;
    this.rounds.add(this.round());
  }

  /** Gives each viewer what is new. Tokens that arrive meanwhile are joined in the next frame. */
  private *round(): Generator<void> {
    while (this.hasNews) {
      this.hasNews = false;
      for (const frame of framesOf(this.pending.splice(0))) this.ring.push(frame);
      for (const viewer of this.viewers) {
        this.deliver(viewer);
        yield;
      }
    }
    this.inRound = false;
  }

  /** Resolves with whether the viewer is at the ring now. */
  private async replay(viewer: Viewer, own: Replay): Promise<boolean> {
    const end = await replay(viewer, own, (at) => {
      const { start } = this.ring;
      if (this.over || !start || compareCursors(at, start) < 0) return false;
      this.place(viewer, at);
      return true;
    });
    if (end === 'over' && !this.leaving.signal.aborted) viewer.end('run_ended');
    else if (end === 'over' || end === 'broken') viewer.drop();
    return end === 'joined';
  }

  /** The run has ended. Viewers who are behind get the rest; the next one gets another hub. */
  private finish(): void {
    if (this.leaving.signal.aborted) return;
    this.over = true;
    this.left();
    this.deliverSoon();
    this.notifyChanged();
  }

  /** The project cannot be followed now. */
  private breakOff(): void {
    for (const viewer of this.viewers) viewer.drop();
    this.close();
  }

  private linger(): void {
    clearTimeout(this.lingering);
    // Viewers need it, and so does one who waits for a change.
    const isNeeded = () => this.viewers.size + this.changed.size > 0;
    this.lingering = setTimeout(() => (isNeeded() ? this.linger() : this.close()), LINGER_MS).unref();
  }

  private notifyChanged(): void {
    for (const over of [...this.changed]) over();
  }
}

function streamFrame(state: 'live' | 'away'): Buffer {
  return controlFrame({ type: 'stream', state });
}
