import type { Logger } from './logger';

const LOOK_MS = 2_000;

/** The answers of a service whose disk is full; Redis answers like this for any fault of its disk. */
const FULL = /^MISCONF |No space left on device|\bENOSPC\b|disk quota exceeded/i;
const CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT', '53100'];
const DEEPEST = 5;

/**
 * Reports each disk that has no room left, once, and once when it takes writes again. It does not repeat this with
 * every waiting lane.
 */
export class FullDisks {
  private readonly looks = new Map<string, NodeJS.Timeout>();
  private closed = false;

  constructor(
    private readonly logger: Pick<Logger, 'error' | 'warn'>,
    private readonly lookMs = LOOK_MS,
  ) {}

  /** Returns the function that takes every error of this disk. `probe` rejects as long as the disk takes no writes. */
  watch(disk: string, probe: () => Promise<unknown>): (error: unknown) => void {
    return (error) => {
      if (this.closed || this.looks.has(disk) || !isFull(error)) return;
      this.logger.error({ disk, err: error }, `${disk} has no room left; work waits until there is some`);
      this.look(disk, probe);
    };
  }

  close(): void {
    this.closed = true;
    for (const timer of this.looks.values()) clearTimeout(timer);
  }

  private look(disk: string, probe: () => Promise<unknown>): void {
    const back = () => {
      this.looks.delete(disk);
      if (!this.closed) this.logger.warn({ disk }, `${disk} has room again`);
    };
    const again = () => {
      if (!this.closed) this.look(disk, probe);
    };
    this.looks.set(disk, setTimeout(() => void probe().then(back, again), this.lookMs).unref());
  }
}

function isFull(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > DEEPEST) return false;
  const { code, message, cause, driverError } = error as Record<string, unknown>;
  if (CODES.includes(code) || (typeof message === 'string' && FULL.test(message))) return true;
  return isFull(cause, depth + 1) || isFull(driverError, depth + 1);
}
