import { compareCursors, type Cursor } from '../protocol';
import type { LogMessage } from './event-log';

/**
 * One who listens to a project, and hears only of what was appended after it joined. Earlier events may still be on their
 * way then: a cluster's nodes pass on what they publish some 40 ms late, and who joins others joins in their midst.
 */
export class RedisListener {
  /** What came before it is known what is new; unset from then on. */
  private held: LogMessage[] | undefined = [];
  private joinedAt: Cursor | undefined;

  constructor(private readonly listener: (message: LogMessage) => void) {}

  /** `last` is the log's last event at a moment after which all are announced to this listener. */
  join(last: Cursor | undefined): void {
    const held = this.held ?? [];
    this.held = undefined;
    this.joinedAt = last;
    for (const message of held) this.tell(message);
  }

  tell(message: LogMessage): void {
    if (this.held) {
      this.held.push(message);
      return;
    }
    const { joinedAt } = this;
    if (message.kind === 'event' && joinedAt && compareCursors(message.event.id, joinedAt) <= 0) return;
    // One project's events come in their order, so nothing earlier follows; and a log that was lost may count anew.
    this.joinedAt = undefined;
    this.listener(message);
  }
}
