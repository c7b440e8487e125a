import type { ServerResponse } from 'node:http';
import type { Cursor } from '../../protocol';
import { whenGone } from '../when-gone';
import { controlFrame, type Frame } from './frames';

/** `status` leaves out texts. There are exactly these two, so that frames stay shared. */
export type View = 'full' | 'status';

/** Bytes that wait in a socket before the viewer counts as behind; what comes then waits in the ring, which all share. */
const MAX_WAITING = 256 * 1024;

/** One socket and a position. */
export class Viewer {
  /** Number of the next event of the ring; undefined while the viewer is not at the ring yet. */
  next: number | undefined;
  /** The viewer has all up to this event, which the ring has not got yet; undefined if it has. */
  after: Cursor | undefined;
  /** What was there already ends before this event; undefined if the viewer knows that it has all of it. */
  caughtUpAt: number | undefined;
  private blocked = false;
  private hasLeft = false;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly response: ServerResponse,
    readonly view: View,
    onDrain: (viewer: Viewer) => void,
    onGone: (viewer: Viewer) => void,
  ) {
    const { socket } = response.req;
    socket.on('drain', () => {
      // Behind another answer on its connection, this one is not sent yet.
      if (response.socket !== socket) return;
      this.blocked = false;
      this.wake();
      onDrain(this);
    });
    response.on('error', () => undefined);
    whenGone(response, () => {
      this.hasLeft = true;
      this.wake();
      onGone(this);
    });
  }

  get isGone(): boolean {
    const { destroyed, writableEnded, socket } = this.response;
    // A client that closes its side has the other one closed, too.
    return this.hasLeft || destroyed || writableEnded || socket?.writable === false;
  }

  get canTake(): boolean {
    return !this.blocked && !this.isGone;
  }

  /** Resolves when the viewer can take more, or is gone. */
  async ready(): Promise<void> {
    while (!this.canTake && !this.isGone) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  give(frame: Frame): void {
    const bytes = this.view === 'full' ? frame.full : frame.status;
    if (bytes) this.write(bytes);
  }

  /**
   * The stream has no chunks, so its socket takes the bytes as they are, at once. The HTTP layer would pass them on after
   * the slice in which viewers are written to. The slice would be several times as long as it is measured.
   */
  write(bytes: Buffer | string): void {
    if (this.isGone) return;
    const flows = (this.response.socket ?? this.response).write(bytes);
    if (!flows && this.response.writableLength >= MAX_WAITING) this.blocked = true;
  }

  /** Ends the stream; the reason is the last message. */
  end(reason: string): void {
    this.write(controlFrame({ type: 'end', reason }));
    this.response.end();
    this.wake();
  }

  /** Closes the stream without an end event: the viewer reconnects with its cursor. */
  drop(retryMs?: number): void {
    if (retryMs !== undefined) this.write(`retry: ${Math.round(retryMs)}\n`);
    if (this.blocked) this.response.destroy();
    else this.response.end();
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}
