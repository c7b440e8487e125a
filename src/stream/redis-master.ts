import type { Redis } from 'ioredis';
import { causeOfRefusal } from './redis-causes';
import type { RedisFaultLog } from './redis-connection';

/** At most so often a server is left that turns out to be no master. */
const LEAVE_MS = 1_000;

/**
 * Checks whether a connection is to a master, and leaves a server that has become a replica. The connections of such a
 * server stay open, and it refuses all writes. The address then leads to the new master, or soon does.
 */
export class MasterWatch {
  private atReplica = false;
  private leftAt = -Infinity;

  constructor(
    private readonly redis: Redis,
    /** The connection is at a master again, which may be another one. */
    private readonly moved: () => void,
    private readonly log?: RedisFaultLog,
  ) {
    redis.on('ready', () => void this.look().catch(() => undefined));
  }

  /** Rejects if the server does not report its role. */
  async look(): Promise<void> {
    const [role] = await this.redis.role();
    if (role === 'slave') this.leave();
    else if (this.atReplica) {
      this.atReplica = false;
      this.log?.warn({}, 'redis is a master again');
      this.moved();
    }
  }

  /** Something was refused: perhaps because this is no master. */
  met(error: unknown): void {
    if (causeOfRefusal((error as Error).message) === 'READONLY') void this.look().catch(() => undefined);
  }

  private leave(): void {
    if (!this.atReplica) {
      this.log?.warn({ cause: 'READONLY' }, 'redis is a replica, which takes no writes; its master is looked for');
    }
    this.atReplica = true;
    const now = performance.now();
    if (now - this.leftAt < LEAVE_MS || this.redis.status !== 'ready') return;
    this.leftAt = now;
    this.redis.disconnect(true);
  }
}
