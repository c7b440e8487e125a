import { causeOfRefusal } from './redis-causes';
import type { RedisFaultLog } from './redis-connection';

/**
 * Reports on all connections of a process to Redis together: once if one of them does not work, and once when all work
 * again.
 */
export class ReachReport {
  private readonly lost = new Set<object>();

  constructor(private readonly log?: RedisFaultLog) {}

  get isDown(): boolean {
    return this.lost.size > 0;
  }

  down(connection: object, error: Error): void {
    const isNews = !this.isDown;
    this.lost.add(connection);
    if (!isNews) return;
    const err = error.message.slice(0, 200);
    const cause = causeOfRefusal(err.replace(/^Ready check failed: /, ''));
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
