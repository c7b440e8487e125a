import type { FastifyBaseLogger } from 'fastify';

/** The most entries that wait to be stored. Further entries are only in the log. */
const MAX = 1_000;
const AGAIN_MS = 1_000;

interface Late {
  /** Without texts and secrets, for the log. */
  readonly facts: object;
  readonly store: () => Promise<void>;
}

/**
 * Entries of the audit that Postgres did not take when they were made. The log has each of them at once, in case this
 * process ends; Postgres gets them as soon as it takes entries again.
 */
export class LateAudit {
  private waiting: Late[] = [];
  private timer: NodeJS.Timeout | undefined;
  private storing: Promise<void> = Promise.resolve();

  constructor(private readonly log: Pick<FastifyBaseLogger, 'error' | 'info'>) {}

  /** Stores an entry now or later. Never rejects. */
  async keep(late: Late): Promise<void> {
    const err = await refusedBy(late);
    if (!err) return;
    this.log.error({ err, audit: late.facts }, 'the audit could not be written now; it is written later');
    this.waiting.push(late);
    if (this.waiting.length > MAX) this.waiting.shift();
    this.wait();
  }

  /** The last chance of what still waits. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.storing;
    await this.storeAll();
    clearTimeout(this.timer);
  }

  private wait(): void {
    this.timer ??= setTimeout(() => {
      this.storing = this.storeAll();
    }, AGAIN_MS).unref();
  }

  private async storeAll(): Promise<void> {
    this.timer = undefined;
    let stored = 0;
    for (let next = this.waiting[0]; next; next = this.waiting[0]) {
      if (await refusedBy(next)) break;
      // The list may have lost its first one meanwhile.
      this.waiting = this.waiting.filter((each) => each !== next);
      stored += 1;
    }
    if (stored > 0) this.log.info({ stored, waiting: this.waiting.length }, 'late entries of the audit are written');
    if (this.waiting.length > 0) this.wait();
  }
}

/** Undefined if the entry is stored. */
async function refusedBy({ store }: Late): Promise<Error | undefined> {
  try {
    await store();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error('unknown', { cause: error });
  }
}
