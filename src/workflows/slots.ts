/**
 * Lets so many in at once, in the order in which they came. Deterministic: no clock, no condition to poll.
 * Glossary: slot.
 */
export class Slots {
  private taken = 0;
  private readonly queue: (() => void)[] = [];
  private closed = false;

  constructor(private readonly size: number) {}

  /** Resolves when there is a place; never, once closed. */
  enter(): Promise<void> {
    return new Promise((resolve) => {
      this.queue.push(resolve);
      this.admit();
    });
  }

  leave(): void {
    this.taken -= 1;
    this.admit();
  }

  close(): void {
    this.closed = true;
  }

  private admit(): void {
    while (!this.closed && this.taken < this.size) {
      const next = this.queue.shift();
      if (!next) return;
      this.taken += 1;
      next();
    }
  }
}
