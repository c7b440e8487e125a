import { joinPieces, MAX_LOOSE } from '../grown-text';
import type { ContinuedBy, ResetReason } from '../protocol';
import type { AppendReply, AppendRequest, EventLog, LaneWriter } from './event-log';
import type { StreamMeter } from './stream-meter';

export interface TextWriterOptions {
  readonly log: EventLog;
  readonly writer: LaneWriter;
  /** Why text of an earlier attempt goes; leave it out for a lane's first attempt. */
  readonly reason?: ResetReason;
  /** The text that this attempt continues, as the log holds it, and who continues it. */
  readonly continued?: { readonly text: string; readonly how: ContinuedBy };
  /** Called once, when a newer attempt is found to own the lane. */
  readonly onStale?: (fence: number) => void;
  readonly meter?: StreamMeter;
}

const RETRY_MS = { first: 50, most: 1_000 };

/**
 * Carries a growing text to the log and never makes its source wait. The first piece is sent at once. While a send is
 * in flight, the next pieces gather; they are sent together when it returns. If the log is away, pieces gather until it
 * is back. The writer holds the text once, and the pieces that are not acknowledged yet.
 */
export class TextWriter {
  private whole: string;
  /** Code units at the end of `whole` that lie in pieces still. */
  private loose = 0;
  /** Bytes that the log has acknowledged. */
  private acknowledged: number;
  private pending = '';
  /** Sent, but not acknowledged yet. */
  private inFlight = '';
  private sending = false;
  private opening = false;
  /** The text written so far is removed, even if it was sent already. */
  private retracting = false;
  /** Grows with each retraction. The reply to an earlier send does not describe the present text. */
  private generation = 0;
  /** The generation of the piece in flight. */
  private sentGeneration = 0;
  private stale = false;
  private heldSurrogate = '';
  private continued: ContinuedBy | undefined;
  private reason: ResetReason | undefined;
  private retryMs = RETRY_MS.first;
  private retryTimer: NodeJS.Timeout | undefined;
  private readonly idle = new Set<() => void>();
  // Made once for each writer, not for each token.
  private readonly answered = (reply: AppendReply) => this.take(reply);
  private readonly failed = () => {
    this.sending = false;
    this.retryLater();
  };

  constructor(private readonly options: TextWriterOptions) {
    this.whole = options.continued?.text ?? '';
    this.acknowledged = Buffer.byteLength(this.whole);
    this.continued = options.continued?.how;
    this.reason = options.reason;
  }

  get text(): string {
    return this.whole;
  }

  /** UTF-16 code units, as JavaScript counts them; never more than the text's bytes. */
  get length(): number {
    return this.whole.length;
  }

  /** Everything written is in the log. */
  get settled(): boolean {
    const isSent = this.pending === '' && this.inFlight === '';
    return isSent && !this.sending && !this.opening && !this.retracting;
  }

  /** Takes the next piece of text. A character that is cut in two waits for its other half. */
  write(piece: string): void {
    let text = this.heldSurrogate === '' ? piece : this.heldSurrogate + piece;
    this.heldSurrogate = '';
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last <= 0xdbff) {
      this.heldSurrogate = text.slice(-1);
      text = text.slice(0, -1);
    }
    if (text === '') return;
    this.whole += text;
    this.pending += text;
    this.loose += text.length;
    if (this.loose > MAX_LOOSE) this.join();
    this.options.meter?.wrote();
    this.send();
  }

  /** Announces that this attempt continues the existing text, before the attempt has a piece of its own. */
  open(): void {
    this.opening = true;
    this.send();
  }

  /** The text written so far is no part of the answer, which begins at offset 0. */
  retract(): void {
    this.whole = this.pending = this.inFlight = this.heldSurrogate = '';
    this.acknowledged = this.loose = 0;
    this.continued = undefined;
    this.retracting = true;
    this.generation += 1;
    this.send();
  }

  /** Resolves true once the log has all that was written, false after `timeoutMs` or when a newer attempt took over. */
  async flush(timeoutMs: number): Promise<boolean> {
    if (this.settled || this.stale) return this.settled && !this.stale;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, timeoutMs);
      const idle = this.idle;
      function done() {
        clearTimeout(timer);
        idle.delete(done);
        resolve();
      }
      idle.add(done);
    });
    return this.settled && !this.stale;
  }

  /** Puts all of the text to be sent again from `length` bytes on, because that is all that the log has. */
  resend(length: number): void {
    const rest = Buffer.from(this.whole).subarray(length).toString('utf8');
    this.acknowledged = length;
    this.inFlight = '';
    this.pending = rest;
    if (length === 0) {
      this.continued = undefined;
      this.reason = this.options.reason ?? (this.options.continued && 'retry');
    }
    this.send();
  }

  /** Stops sending; what is pending is let go. */
  close(): void {
    this.stale = true;
    clearTimeout(this.retryTimer);
    this.wake();
  }

  private send(): void {
    if (this.sending || this.stale || this.retryTimer) return;
    if (this.pending !== '') {
      this.inFlight += this.pending;
      this.pending = '';
      this.options.meter?.sent();
    }
    if (this.inFlight === '' && !this.opening && !this.retracting) return this.wake();
    this.sending = true;
    this.sentGeneration = this.generation;
    this.options.log.append(this.request()).then(this.answered, this.failed);
  }

  private take(reply: AppendReply): void {
    this.sending = false;
    this.retryMs = RETRY_MS.first;
    if (this.sentGeneration !== this.generation && reply.kind !== 'stale') return this.send();
    switch (reply.kind) {
      case 'ok':
        this.acknowledged += this.measured(Buffer.byteLength(this.inFlight));
        this.inFlight = '';
        this.opening = this.retracting = false;
        // The server has acknowledged the continued text. If the log is lost later, this writer resends its own
        // text and no longer continues the old one.
        this.continued = this.reason = undefined;
        return this.send();
      case 'gap':
        return this.resend(reply.length);
      case 'stale':
        this.close();
        this.options.meter?.refused();
        this.options.onStale?.(reply.fence);
    }
  }

  private request(): AppendRequest {
    const { continued, acknowledged: offset, inFlight: text } = this;
    const reason = this.retracting ? 'thoughts' : this.reason;
    const { writer } = this.options;
    // Nearly all requests are of this kind, one or more for every token.
    if (reason === undefined && continued === undefined) return { writer, offset, text };
    return { writer, offset, text, ...(reason && { reason }), ...(continued && { continued }) };
  }

  private measured(bytes: number): number {
    this.options.meter?.acknowledged(bytes, this.continued ? 'resumed' : this.reason && 'reset');
    return bytes;
  }

  private retryLater(): void {
    if (this.stale) return;
    this.join();
    this.retryTimer = setTimeout(() => {
      this.retryTimer = undefined;
      this.send();
    }, this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, RETRY_MS.most);
  }

  private join(): void {
    joinPieces(this.whole, this.pending, this.inFlight);
    this.loose = 0;
  }

  private wake(): void {
    for (const done of [...this.idle]) done();
  }
}
