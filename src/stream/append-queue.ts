import type { AppendReply } from './event-log';

/** A piece of text on its way, as append.lua takes it. */
export interface Piece {
  /** The key of its project's log. */
  readonly key: string;
  /** Further keys that the server must know of. */
  readonly others: readonly string[];
  readonly head: string;
  readonly text: string;
}

export interface AppendQueueOptions {
  /** Sends pieces in one call and returns the reply to each; undefined for a piece that could not be stored now. */
  readonly send: (pieces: readonly Piece[]) => Promise<readonly (AppendReply | undefined)[]>;
  /** The longest that a piece may wait for others, in milliseconds. */
  readonly mostWaitMs: number;
}

interface Waiting extends Piece {
  readonly resolve: (reply: AppendReply) => void;
  readonly reject: (error: Error) => void;
}

/** The most that one call carries: a script that runs for long delays every other client of the server. */
const MOST = { pieces: 100, characters: 256 * 1024 };

/**
 * A call costs about as much as the handling of several tokens. So pieces wait for each other, longer if there are more
 * of them. Up to `free` pieces per millisecond do not wait. Above that, a piece waits `perRate` milliseconds for each
 * further piece per millisecond.
 */
const WAIT = { free: 4, perRate: 0.5 };
const SMOOTHING = 0.1;

/** Gathers the pieces that all streams of this process write, and sends them together. */
export class AppendQueue {
  private waiting: Waiting[] = [];
  private scheduled = false;
  private lastSent = 0;
  /** Pieces a millisecond, lately. */
  private rate = 0;
  private readonly flush = () => this.sendAll();

  constructor(private readonly options: AppendQueueOptions) {}

  append(key: string, others: readonly string[], head: string, text: string): Promise<AppendReply> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, others, head, text, resolve, reject });
      if (!this.scheduled) this.schedule();
    });
  }

  private schedule(): void {
    this.scheduled = true;
    const interval = Math.min(this.options.mostWaitMs, (this.rate - WAIT.free) * WAIT.perRate);
    const wait = interval <= 0 ? 0 : this.lastSent + interval - performance.now();
    // The flush waits until the sockets that are ready have been read.
    if (wait < 0.5) setImmediate(this.flush);
    else setTimeout(this.flush, wait);
  }

  private sendAll(): void {
    const waiting = this.waiting;
    const now = performance.now();
    this.rate += SMOOTHING * (waiting.length / Math.max(now - this.lastSent, 0.1) - this.rate);
    this.lastSent = now;
    this.scheduled = false;
    this.waiting = [];
    let from = 0;
    let characters = 0;
    for (let i = 0; i < waiting.length; i++) {
      const size = waiting[i]?.text.length ?? 0;
      if (i > from && (i - from >= MOST.pieces || characters + size > MOST.characters)) {
        this.send(waiting.slice(from, i));
        from = i;
        characters = 0;
      }
      characters += size;
    }
    this.send(from === 0 ? waiting : waiting.slice(from));
  }

  private send(pieces: readonly Waiting[]): void {
    this.options.send(pieces).then(
      (replies) => {
        pieces.forEach(({ resolve, reject }, i) => {
          const reply = replies[i];
          if (reply) resolve(reply);
          else reject(new Error('the log did not take the piece'));
        });
      },
      (error: Error) => {
        for (const { reject } of pieces) reject(error);
      },
    );
  }
}
