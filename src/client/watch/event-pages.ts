import {
  compareCursors,
  isFinal,
  isTerminal,
  projectNotFound,
  unreachable,
  type Cursor,
  type ProjectId,
  type StoryEvent,
  LOG_BEGINNING,
} from '../../protocol';
import { readInput } from '../inputs';
import { ViewerState } from './viewer-state';
import type { WatchSource } from './watch-source';

/** Where to continue, and how much to read. */
export interface EventFilter {
  /** The `next` of the page before. Without it, the page is a snapshot. */
  readonly after?: Cursor;
  /** The most events of one page, from 1 to 1,000. Default 500. */
  readonly limit?: number;
}

/** What has happened after a cursor, until now. */
export interface EventPage {
  /** As a watch gives them: a snapshot takes the place of what the log no longer holds. */
  readonly events: readonly StoryEvent[];
  /** Where the next page begins. It is there also if nothing has happened. */
  readonly next: Cursor;
  /** Nothing more has happened until now. */
  readonly caughtUp: boolean;
  /** The run has ended, and the reader has all of it. */
  readonly ended: boolean;
}

const DEFAULT_LIMIT = 500;

/** The event log a page at a time, for programs that hold no stream open. It is as exact as a watch. */
export class EventPages {
  /** @internal */
  constructor(
    private readonly source: Pick<WatchSource, 'log' | 'snapshots' | 'status'>,
    /** Whatever goes wrong leaves as a `StoryreelError`. */
    private readonly run: <T>(work: () => Promise<T>) => Promise<T>,
  ) {}

  /** Throws `Project.NotFound`, `Project.Invalid`, and `Service.Unreachable` if the log cannot be read. */
  page(projectId: ProjectId, filter: EventFilter = {}): Promise<EventPage> {
    return this.run(() => {
      const id = readInput('the project id', projectId);
      const { after, limit = DEFAULT_LIMIT } = readInput('the page of events', filter);
      return after === undefined ? this.snapshot(id) : this.after(id, after, limit);
    });
  }

  private async after(id: ProjectId, after: Cursor, limit: number): Promise<EventPage> {
    const found = await this.source.log.read(id, after, limit).catch((cause: unknown) => {
      throw unreachable('Redis', 'REDIS_URL', cause);
    });
    // The log does not hold the cursor any more, or it never did.
    if (!found) return this.snapshot(id, after);
    if (found.length === 0) return this.nothingNew(id, after);
    const state = new ViewerState();
    state.cursor = after;
    const events: StoryEvent[] = [];
    for (const event of found) {
      if (state.isMissingPrefix(event)) return this.snapshot(id);
      const lacking = state.missingPrefix(event);
      const held = lacking && (await this.source.log.lane(id, lacking.lane).catch(() => undefined));
      const bytes = Buffer.from(held && held.fence === lacking?.fence ? held.text : '');
      const isWhole = lacking !== undefined && bytes.length >= lacking.bytes;
      const shown = state.take(event, isWhole ? bytes.subarray(0, lacking.bytes).toString('utf8') : undefined);
      if (shown) events.push(shown);
      // The snapshot from Postgres contains the events up to its cursor.
      if (shown && mustSeeAll(shown)) {
        const last = await this.snapshot(id);
        return { ...last, events: [...events, ...last.events] };
      }
    }
    const last = found.at(-1);
    const ended = last !== undefined && isTerminal(last);
    return { events, next: last?.id ?? after, caughtUp: found.length < limit, ended };
  }

  /** The run may have ended without its last event reaching the log; then a snapshot takes that event's place. */
  private async nothingNew(id: ProjectId, after: Cursor): Promise<EventPage> {
    const stored = await this.source.status(id);
    if (!stored) throw projectNotFound(id);
    if (!isFinal(stored.status)) return { events: [], next: after, caughtUp: true, ended: false };
    return this.snapshot(id, after);
  }

  /** `seen`: the cursor of a reader who has all of a run that has ended gets no snapshot again. */
  private async snapshot(id: ProjectId, seen?: Cursor): Promise<EventPage> {
    const { event } = await this.source.snapshots.take(id);
    if (!event) throw projectNotFound(id);
    const next = event.cursor ?? LOG_BEGINNING;
    const ended = isFinal(event.status);
    const hasAll = ended && seen !== undefined && compareCursors(seen, next) === 0;
    return { events: hasAll ? [] : [event], next, caughtUp: true, ended };
  }
}

function mustSeeAll(event: StoryEvent): boolean {
  return event.type === 'edited' || (event.type === 'done' && event.verified === false);
}
