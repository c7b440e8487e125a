import {
  isFinal,
  isTerminal,
  projectNotFound,
  type Cursor,
  type LogEvent,
  type ProjectId,
  type StoryEvent,
} from '../../protocol';
import { ViewerState } from './viewer-state';
import { Inbox } from './inbox';
import { onAbort } from './on-abort';
import { Aborted, settlesWithin, untilAborted } from './timeouts';
import type { StoredStatus, WatchSource } from './watch-source';

/** Where a watch begins, and what ends it. */
export interface WatchOptions {
  /** Continue after this event instead of beginning with a snapshot. */
  readonly from?: Cursor;
  /** Ends the watch quietly, whatever it waits for. */
  readonly signal?: AbortSignal;
  /** Called when the log goes away, and when it is back. Meanwhile the watch waits. */
  readonly onLog?: (state: 'live' | 'away') => void;
}

/** The events of a project, one after the other. */
export interface StoryWatch extends AsyncGenerator<StoryEvent, void, undefined> {
  /**
   * Calls `take` with each event as soon as it is here, and resolves at the end. It costs no promise for each event, as
   * `for await` does. If `take` throws, the watch ends with that error. `return` ends it, too.
   */
  forEach(take: (event: StoryEvent) => void): Promise<void>;
}

type Result = IteratorResult<StoryEvent, undefined>;

const PAGE = 500;
const SUBSCRIBE_MS = 3_000;
/** Without news for so long, Postgres is asked whether the run has ended; sooner while the log is away. */
const ASK_MS = { calm: 15_000, away: 2_000, ending: 500 };

/**
 * Follows one project: a snapshot and then every event after it, none lost and none repeated. With a cursor it
 * continues right after that event, or with a snapshot if the log does not reach back so far. It ends after the run's
 * last event, or after a snapshot of an ended run. While the log is away, the watch waits, and then continues where it
 * was. If the run ends meanwhile, the watch sees this in Postgres.
 *
 * Each `done` states whether the shown text is the stored text (`verified`); if it is not, a snapshot follows and
 * repairs it. Leaving, in whatever way, takes effect at once and releases everything. Throws `Project.NotFound`. If
 * Postgres is away when a snapshot is needed, the error of Postgres is thrown.
 * Glossary: viewer.
 */
export class ProjectWatch implements StoryWatch {
  private readonly inbox = new Inbox();
  private readonly viewerState = new ViewerState();
  private readonly leaving = new AbortController();
  /** The functions that stop listening to the signals that end this watch. */
  private readonly ending: readonly (() => void)[];
  private subscription: Promise<() => void> | undefined;
  /** The events of the log that were read and not shown yet. */
  private page: readonly LogEvent[] = [];
  private at = 0;
  private held: StoryEvent | undefined;
  private begun = false;
  private metered = false;
  /** The log holds events that were not announced to us, or not in their turn. */
  private behind = false;
  private needsSnapshot = false;
  private mayHaveEnded = false;
  private isAway = false;
  /** No event follows the ones that were received already. */
  private over = false;
  private busy = false;
  /** Takes what is announced while nothing else is to be done. */
  private reader: (() => boolean) | undefined;
  /** The last call that is not answered yet, and how many wait for their turn. An answer that was given is not kept. */
  private last: Promise<Result> | undefined;
  private waiting = 0;

  constructor(
    private readonly source: WatchSource,
    private readonly projectId: ProjectId,
    private readonly options: WatchOptions,
  ) {
    const signals = options.signal ? [source.closing, options.signal] : [source.closing];
    this.ending = signals.map((signal) => onAbort(signal, this.leave));
    if (signals.some(({ aborted }) => aborted)) this.leave();
  }

  next(): Promise<Result> {
    if (!this.last) {
      const event = this.begun ? this.atHand() : undefined;
      if (event) return Promise.resolve({ done: false, value: event });
      const answer = this.advance();
      if (this.busy) this.last = answer;
      return answer;
    }
    this.waiting += 1;
    const turn = () => {
      this.waiting -= 1;
      return this.advance();
    };
    return (this.last = this.last.then(turn, turn));
  }

  async forEach(take: (event: StoryEvent) => void): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    this.reader = () => {
      try {
        for (let event = this.atHand(); event; event = this.atHand()) take(event);
      } catch (error) {
        failure = { error };
        this.leave();
      }
      return !this.needsSnapshot && !this.behind && !this.over && this.page[this.at] === undefined;
    };
    try {
      for (let { value } = await this.next(); value; { value } = await this.next()) take(value);
    } finally {
      this.reader = undefined;
      this.leave();
    }
    if (failure) throw failure.error;
  }

  return(): Promise<Result> {
    this.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: Error): Promise<Result> {
    this.leave();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  private readonly leave = (): void => {
    if (this.leaving.signal.aborted) return;
    this.leaving.abort();
    for (const end of this.ending) end();
    this.inbox.close();
    this.page = [];
    this.held = undefined;
    if (this.metered) this.source.meter?.watched(-1);
    void this.subscription?.then((unsubscribe) => unsubscribe()).catch(() => undefined);
  };

  private get away(): boolean {
    return this.isAway;
  }

  private set away(away: boolean) {
    if (away === this.isAway) return;
    this.isAway = away;
    this.options.onLog?.(away ? 'away' : 'live');
  }

  private async advance(): Promise<Result> {
    this.busy = true;
    try {
      while (!this.leaving.signal.aborted) {
        if (!this.begun) await this.begin();
        const event = this.atHand();
        if (event) return { done: false, value: event };
        if (this.over) break;
        await this.more();
      }
    } catch (error) {
      if (!(error instanceof Aborted)) {
        this.leave();
        throw error;
      }
    } finally {
      this.busy = false;
      if (this.waiting === 0) this.last = undefined;
    }
    this.leave();
    return { done: true, value: undefined };
  }

  private async begin(): Promise<void> {
    const { log, status, meter } = this.source;
    if (meter && !this.metered) meter.watched(1);
    this.metered = true;
    const { from } = this.options;
    // Subscribe first, then read what there is: nothing falls between.
    const subscription = log.subscribe(this.projectId, this.inbox.put, this.leaving.signal);
    this.subscription = subscription;
    subscription.catch(() => undefined);
    if ((await this.untilLeft(status(this.projectId))) === undefined) throw projectNotFound(this.projectId);
    if (!(await settlesWithin(subscription, SUBSCRIBE_MS, this.leaving.signal))) {
      // The messages until then were not announced to this watch.
      subscription.then(() => this.inbox.put({ kind: 'interrupted' })).catch(() => undefined);
    }
    this.viewerState.cursor = from;
    this.behind = this.mayHaveEnded = from !== undefined;
    this.needsSnapshot = from === undefined;
    this.begun = true;
  }

  /** The next event, if it is there without waiting. */
  private atHand(): StoryEvent | undefined {
    if (this.leaving.signal.aborted) return undefined;
    if (this.held) {
      const event = this.held;
      this.held = undefined;
      return event;
    }
    while (!this.needsSnapshot && !this.over) {
      const event = this.page[this.at] ?? this.announced();
      if (!event) return undefined;
      this.needsSnapshot = this.viewerState.isMissingPrefix(event);
      if (this.needsSnapshot || this.viewerState.missingPrefix(event)) return undefined;
      const shown = this.take(event);
      if (shown) return shown;
    }
    return undefined;
  }

  /** The next announced event in its turn. It takes the place of the page that was read before. */
  private announced(): LogEvent | undefined {
    while (!this.behind) {
      const message = this.inbox.take();
      if (!message) return undefined;
      if (message.kind === 'interrupted') this.behind = true;
      else if (this.viewerState.follows(message.previousId)) {
        this.page = [message.event];
        this.at = 0;
        this.source.meter?.delivered(message.event.timestamp);
        return message.event;
      } else if (this.viewerState.missed(message.event.id, message.previousId)) this.behind = true;
    }
    return undefined;
  }

  private take(event: LogEvent, beginning?: string): LogEvent | undefined {
    this.at += 1;
    const shown = this.viewerState.take(event, beginning);
    this.over = isTerminal(event);
    if (shown && isFollowedBySnapshot(shown)) this.needsSnapshot = true;
    return shown;
  }

  /** Waits for whatever comes next, one step. */
  private async more(): Promise<void> {
    const next = this.page[this.at];
    if (this.needsSnapshot) return this.snapshot();
    if (next) {
      this.held = this.take(next, await this.beginning(next));
      return;
    }
    if (this.behind) return this.readOn();
    if (this.mayHaveEnded) return this.endedMeanwhile();
    const came = await this.inbox.wait(this.away ? ASK_MS.away : ASK_MS.calm, this.reader);
    if (!came) await this.afterSilence();
  }

  /** The part of a lane's text that the reader has from an earlier watch, as the log holds it. */
  private async beginning(event: LogEvent): Promise<string | undefined> {
    const lacking = this.viewerState.missingPrefix(event);
    if (!lacking) return undefined;
    const held = await this.untilLeft(this.source.log.lane(this.projectId, lacking.lane).catch(() => undefined));
    const bytes = Buffer.from(held?.fence === lacking.fence ? held.text : '');
    return bytes.length < lacking.bytes ? undefined : bytes.subarray(0, lacking.bytes).toString('utf8');
  }

  private async snapshot(): Promise<void> {
    const { event, away } = await this.untilLeft(this.source.snapshots.take(this.projectId));
    this.away = away;
    this.needsSnapshot = this.behind = this.mayHaveEnded = false;
    this.page = [];
    this.over = !event || isFinal(event.status);
    if (!event) return;
    this.viewerState.adopt(event);
    this.held = event;
  }

  /** Reads the next page after the cursor. */
  private async readOn(): Promise<void> {
    this.behind = false;
    const { cursor } = this.viewerState;
    if (!cursor) return this.snapshot();
    let events: readonly LogEvent[] | undefined;
    try {
      events = await this.untilLeft(this.source.log.read(this.projectId, cursor, PAGE));
      this.away = false;
    } catch (error) {
      if (error instanceof Aborted) throw error;
      this.away = true;
      return;
    }
    if (!events) return this.snapshot();
    this.page = events;
    this.at = 0;
    this.behind = events.length === PAGE;
  }

  /** Nothing was announced for a while: either nothing happened, or the announcements were lost. */
  private async afterSilence(): Promise<void> {
    this.mayHaveEnded = true;
    const { log } = this.source;
    const isKnown = this.viewerState.cursor !== undefined;
    const held = isKnown ? undefined : await this.untilLeft(log.snapshot(this.projectId).catch(() => undefined));
    if (!isKnown) this.away = held === undefined;
    this.behind = isKnown || held?.cursor !== undefined;
  }

  /**
   * The run may have ended without its last event reaching the log; then a snapshot takes that event's place. The event
   * follows the commit of the end, so a run that has ended just now is given time for it.
   */
  private async endedMeanwhile(): Promise<void> {
    this.mayHaveEnded = false;
    let stored: StoredStatus | undefined;
    try {
      stored = await this.untilLeft(this.source.status(this.projectId));
    } catch (error) {
      if (error instanceof Aborted) throw error;
      // Postgres is away for a moment; the watch continues.
      return;
    }
    if (stored && !isFinal(stored.status)) return;
    if (stored?.endedJustNow && !this.away) {
      await this.inbox.wait(ASK_MS.ending);
      this.behind = this.mayHaveEnded = true;
      return;
    }
    await this.snapshot();
    this.over = true;
  }

  /** The result of the promise; throws `Aborted` as soon as the reader leaves. */
  private untilLeft<T>(promise: Promise<T>): Promise<T> {
    return untilAborted(promise, this.leaving.signal);
  }
}

/**
 * Whether a watch shows a snapshot right after this event, without which its reader would have a wrong state. An edit may
 * have changed anything, and of a text that was shown wrongly, Postgres has the right one.
 */
export function isFollowedBySnapshot(event: StoryEvent): boolean {
  return event.type === 'edited' || (event.type === 'done' && event.verified === false);
}

/** A watch that states with its first answer why there is none. */
export function refused(error: unknown): StoryWatch {
  return Object.assign(failing(error), { forEach: (): Promise<never> => Promise.reject(error as Error) });
}

async function* failing(error: unknown): AsyncGenerator<never, void, undefined> {
  throw error;
}
