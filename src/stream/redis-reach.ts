import { causeOfRefusal, shownFault } from './redis-causes';
import type { RedisFaultLog } from './redis-connection';

/**
 * Reports on all connections of a process to Redis together: once if one of them does not work, and once when all work
 * again.
 */
export class ReachReport {
  private readonly lost = new Map<object, string>();

  constructor(private readonly log?: RedisFaultLog) {}

  get isDown(): boolean {
    return this.lost.size > 0;
  }

  /** What was found out last about a connection that does not work. */
  get reason(): string | undefined {
    return [...this.lost.values()].at(-1);
  }

  down(connection: object, error: Error): void {
    const isNews = !this.isDown;
    const err = shownFault(error.message.replace(/^Ready check failed: /, ''), this.lost.get(connection));
    this.lost.set(connection, err);
    if (!isNews) return;
    const cause = causeOfRefusal(err);
    // Without an answer of the server's, it is what is asked of the connection that counts.
    if (cause === 'other') this.log?.warn({ err }, 'redis is away; viewers wait, work continues');
    else {
      this.log?.refused?.(cause);
      this.log?.warn({ cause, err }, 'redis does not let us work; viewers wait, work continues');
    }
  }

  up(connection: object): void {
    if (this.lost.delete(connection) && !this.isDown) this.log?.warn({}, 'redis is back');
  }

  /** Nobody uses it any more. */
  forget(connection: object): void {
    this.lost.delete(connection);
  }
}
