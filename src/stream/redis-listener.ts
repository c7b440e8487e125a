import { compareCursors, type Cursor } from '../protocol';
import type { LogMessage } from './event-log';

/** The first and last id of a log at one moment. */
export interface LogBounds {
  readonly first: Cursor | undefined;
  readonly last: Cursor | undefined;
}

/** The position before the first event of a log. */
const NOTHING = '0-0';

/**
 * A listener of a project, which receives only events appended after it joined. Earlier events may still be on their
 * way then: a cluster's nodes pass events on some 40 ms late. A listener may also join between two events.
 */
export class RedisListener {
  /** The messages that arrived before it was known which of them are new; unset from then on. */
  private held: LogMessage[] | undefined = [];
  private joinedAt: LogBounds | undefined;

  constructor(private readonly listener: (message: LogMessage) => void) {}

  /** `bounds` are those of the log at a moment after which all events are announced to this listener. */
  join(bounds: LogBounds | undefined): void {
    const held = this.held ?? [];
    this.held = undefined;
    this.joinedAt = bounds;
    for (const message of held) this.receive(message);
  }

  receive(message: LogMessage): void {
    if (this.held) {
      this.held.push(message);
      return;
    }
    if (message.kind === 'event' && this.joinedAt && isEarlier(message, this.joinedAt)) return;
    // One project's events come in their order, so no earlier event follows. A log that was lost may start its ids
    // again.
    this.joinedAt = undefined;
    this.listener(message);
  }
}

/**
 * The ids of a new log come from the clock, which may have been set back. Therefore ids do not show which of two logs
 * is newer, but the first event of a log shows that a new log has begun.
 */
function isEarlier(
  { event, previousId: before }: Extract<LogMessage, { kind: 'event' }>,
  { first, last }: LogBounds,
): boolean {
  if (before === NOTHING && event.id !== first) return false;
  return last !== undefined && compareCursors(event.id, last) <= 0;
}
