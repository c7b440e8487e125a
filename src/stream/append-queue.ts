import type { AppendReply } from './event-log';

/** A piece of text on its way, as append.lua takes it. */
export interface Piece {
  /** The key of its project's log. */
  readonly key: string;
  readonly head: string;
  readonly text: string;
}

export interface AppendQueueOptions {
  /** Sends pieces in one call and gives the answer to each; undefined for one that could not be taken now. */
  readonly send: (pieces: readonly Piece[]) => Promise<readonly (AppendReply | undefined)[]>;
  /** Shortest time between two calls, in milliseconds; bounds what they cost when very many texts are streamed at once. */
  readonly intervalMs: number;
}

interface Waiting extends Piece {
  readonly resolve: (reply: AppendReply) => void;
  readonly reject: (error: Error) => void;
}

/** What one call carries at most: a script that runs for long holds up every other client of the server. */
const MOST = { pieces: 100, characters: 256 * 1024 };

/**
 * Gathers the pieces that all streams of this process write, and sends them together: a call for every token is what a
 * token costs most. A piece that finds nothing sent lately goes as soon as the sockets that are ready have been read.
 */
export class AppendQueue {
  private waiting: Waiting[] = [];
  private scheduled = false;
  private lastSent = -Infinity;
  private readonly flush = () => this.sendAll();

  constructor(private readonly options: AppendQueueOptions) {}

  append(piece: Piece): Promise<AppendReply> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ ...piece, resolve, reject });
      if (this.scheduled) return;
      this.scheduled = true;
      const wait = this.lastSent + this.options.intervalMs - performance.now();
      if (wait > 0) setTimeout(this.flush, wait);
      else setImmediate(this.flush);
    });
  }

  private sendAll(): void {
    this.scheduled = false;
    this.lastSent = performance.now();
    const waiting = this.waiting;
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
