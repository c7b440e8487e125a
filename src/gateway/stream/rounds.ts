import { setImmediate as turn } from 'node:timers/promises';

/** How long viewers are written to before the process looks after everything else that is ready. */
const SLICE_MS = 1;
/** As long as somebody comes in each turn of the event loop, a slice is short, and only one of five turns has one. */
const SHORT_SLICE_MS = 0.1;
const MAX_TURNS_WITHOUT = 4;
/** Looking at the clock costs as much as some of the steps. */
const STEPS = 16;

/**
 * Runs long work step by step, in slices of time. Between two slices the process reads from its sockets and answers
 * requests. Several rounds take turns, so that a project with many viewers does not hold up the others.
 */
export class Rounds {
  private readonly open: Iterator<unknown>[] = [];
  private isRunning = false;
  private someoneCame = false;
  private turnsWithout = 0;

  /** The first step runs in a later turn of the event loop, so that one round can serve all that arrives in this turn. */
  add(round: Iterator<unknown>): void {
    this.open.push(round);
    if (!this.isRunning) void this.run();
  }

  /**
   * Somebody connects or asks, and goes first. Node accepts one connection a turn of the event loop. If each turn had a
   * whole slice, the kernel would refuse a part of a crowd that comes back at once.
   */
  hurry(): void {
    this.someoneCame = true;
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.open.length > 0) {
      await turn();
      if (this.someoneCame && this.turnsWithout < MAX_TURNS_WITHOUT) this.turnsWithout += 1;
      else this.slice();
      this.someoneCame = false;
    }
    this.isRunning = false;
  }

  private slice(): void {
    const end = performance.now() + (this.someoneCame ? SHORT_SLICE_MS : SLICE_MS);
    this.turnsWithout = 0;
    for (let round = this.open.shift(); round; round = this.open.shift()) {
      if (!finishes(round, end)) this.open.push(round);
      if (performance.now() >= end) return;
    }
  }
}

/** Whether the round is over before the end of the slice. */
function finishes(round: Iterator<unknown>, end: number): boolean {
  do {
    for (let step = 0; step < STEPS; step += 1) if (round.next().done) return true;
  } while (performance.now() < end);
  return false;
}
