import { compareCursors, type Cursor } from '../protocol';
import type { LogMessage } from './event-log';

/** What a log holds at one moment. */
export interface LogBounds {
  readonly first: Cursor | undefined;
  readonly last: Cursor | undefined;
}

/** What the first event of a log comes after. */
const NOTHING = '0-0';

/**
 * One who listens to a project, and hears only of what was appended after it joined. Earlier events may still be on their
 * way then: a cluster's nodes pass on what they publish some 40 ms late, and who joins others joins in their midst.
 */
export class RedisListener {
  /** What came before it is known what is new; unset from then on. */
  private held: LogMessage[] | undefined = [];
  private joinedAt: LogBounds | undefined;

  constructor(private readonly listener: (message: LogMessage) => void) {}

  /** `bounds` are those of the log at a moment after which all events are announced to this listener. */
  join(bounds: LogBounds | undefined): void {
    const held = this.held ?? [];
    this.held = undefined;
    this.joinedAt = bounds;
    for (const message of held) this.tell(message);
  }

  tell(message: LogMessage): void {
    if (this.held) {
      this.held.push(message);
      return;
    }
    if (message.kind === 'event' && this.joinedAt && isEarlier(message, this.joinedAt)) return;
    // One project's events come in their order, so nothing earlier follows; and a log that was lost may count anew.
    this.joinedAt = undefined;
    this.listener(message);
  }
}

/**
 * The ids of a log that was deleted and begins anew come from the clock, which may have been set back: they do not tell
 * which of two logs is the newer one. That an event is the first of another log does.
 */
function isEarlier({ event, before }: Extract<LogMessage, { kind: 'event' }>, { first, last }: LogBounds): boolean {
  if (before === NOTHING && event.id !== first) return false;
  return last !== undefined && compareCursors(event.id, last) <= 0;
}
