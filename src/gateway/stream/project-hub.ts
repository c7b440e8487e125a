import type { StoryClient } from '../../client';
import { compareCursors, isFinal, type Cursor, type ProjectId, type StoryEvent } from '../../protocol';
import { Entrance, type Entry } from './entrance';
import { controlFrame, frameOf } from './frames';
import { replay, type Replay } from './replay';
import { Ring } from './ring';
import type { Rounds } from './rounds';
import type { Turns } from './turns';
import type { Viewer } from './viewer';

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
  private readonly entrance: Entrance;
  /** The present round shows the events before this number. Those that arrive meanwhile are joined in the next one. */
  private end = 0;
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
    turns: Turns,
    private readonly rounds: Rounds,
    /** The project's next viewer needs another hub. */
    private readonly left: () => void,
  ) {
    const { signal } = this.leaving;
    this.entrance = new Entrance({ stories, projectId, turns, ring: this.ring, signal, isOver: () => this.over });
    this.begun = this.begin();
    this.begun.catch(() => this.close());
    this.linger();
  }

  /** Throws `Project.NotFound`, and the error of Postgres if Postgres is away. */
  async enter(cursor: Cursor | undefined): Promise<Entry> {
    // It must not end while somebody enters.
    this.linger();
    await this.begun;
    return this.entrance.enter(cursor);
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
      this.place(viewer, snapshot.cursor);
    }
    viewer.caughtUpAt = this.ring.end;
    if (this.isAway) viewer.write(streamFrame('away'));
    this.deliver(viewer);
  }

  readonly deliver = (viewer: Viewer): void => {
    if (viewer.next === undefined) return;
    if (viewer.next < this.ring.first) return this.dropAsBehind(viewer);
    if (viewer.after !== undefined) {
      viewer.next = this.ring.skip(viewer.next, viewer.after);
      if (viewer.next < this.ring.end) viewer.after = undefined;
    }
    this.announceCaughtUp(viewer);
    while (viewer.canTake && viewer.next < this.end) {
      const news = this.ring.next(viewer.next, this.end);
      if (!news) return this.dropAsBehind(viewer);
      viewer.next = news.next;
      viewer.give(news.frame);
      this.announceCaughtUp(viewer);
    }
    if (this.over && viewer.canTake && viewer.next >= this.ring.end) viewer.end('run_ended');
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

  /** Lets go what no viewer needs. */
  tidy(): void {
    let needed = this.end;
    for (const { next } of this.viewers) if (next !== undefined && next < needed) needed = next;
    this.ring.forget(needed);
  }

  all(): Iterable<Viewer> {
    return this.viewers;
  }

  /** `after`: the last event that the viewer has; undefined if it has seen Postgres alone. */
  private place(viewer: Viewer, after: Cursor | undefined): void {
    const { ring } = this;
    if (after !== undefined && ring.beginsAfter(after)) return this.dropAsBehind(viewer);
    viewer.next = after === undefined ? ring.first : ring.after(after);
    viewer.after = after !== undefined && ring.endsBefore(after) ? after : undefined;
  }

  /** The ring has let go what the viewer needs next: the viewer comes back with its cursor. */
  private dropAsBehind(viewer: Viewer): void {
    viewer.next = undefined;
    viewer.drop();
  }

  private announceCaughtUp(viewer: Viewer): void {
    if (viewer.caughtUpAt === undefined || viewer.next === undefined || viewer.next < viewer.caughtUpAt) return;
    viewer.caughtUpAt = undefined;
    viewer.write(controlFrame({ type: 'caught_up', server_time: Date.now() / 1000 }));
  }

  private async begin(): Promise<void> {
    const snapshot = await this.entrance.snapshot();
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
      const watch = this.stories.watch(this.projectId, { ...(at && { from: at }), signal, onLog });
      const isFirst = at === undefined;
      await watch.forEach((event) => {
        // Viewers of a log without an event have this snapshot already.
        if (event.type !== 'snapshot' || event.cursor || isFinal(event.status) || !isFirst) this.take(event);
        again = event.type === 'snapshot' && !isFinal(event.status) ? event.cursor : undefined;
        if (again) void watch.return();
      });
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
    const { newest } = this.ring;
    const isEarlier = event.type === 'snapshot' && event.cursor && newest && compareCursors(event.cursor, newest) < 0;
    // The log was lost, and has begun again at lower positions: the clock was set back. Viewers come back to another hub.
    if (isEarlier) return this.breakOff();
    this.ring.push(event);
    if (event.type !== 'token') this.notifyChanged();
    this.deliverSoon();
  }

  private deliverSoon(): void {
    this.hasNews = true;
    if (this.inRound) return;
    this.inRound = true;
    this.rounds.add(this.round());
  }

  /** Gives each viewer what is new. */
  private *round(): Generator<void> {
    while (this.hasNews) {
      this.hasNews = false;
      this.end = this.ring.end;
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
