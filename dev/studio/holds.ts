import { setTimeout as sleep } from 'node:timers/promises';

/** Answers that are kept back until somebody lets them go, so that a test never has to guess what still runs. */
export class Holds {
  private readonly released = new Set<string>();

  /** From now on a prompt that contains `match` is held again, if a fault requires it. */
  arm(match: string): void {
    this.released.delete(match);
  }

  /** Lets go of every answer to a prompt with `match` in it: those that are held, and those that come. */
  release(match: string): void {
    this.released.add(match);
  }

  /** Resolves when the prompt was let go; rejects when the connection is gone. */
  async wait(prompt: string, gone: AbortSignal): Promise<void> {
    while (![...this.released].some((match) => prompt.includes(match))) await sleep(10, undefined, { signal: gone });
  }
}
