import type { LogMessage } from '../../stream';

/**
 * If the unread messages exceed this size, they are dropped: the reader is slow, and continues from the log at its own
 * pace. A text written while Redis was away comes as one message, so a count of messages would limit nothing.
 */
const MAX_UNREAD_BYTES = 131_072;
/** The approximate size of an event without its text. */
const HEAD_BYTES = 250;
/** So many slots of read messages are kept, because moving the rest forward for each would cost more. */
const COMPACT_AT = 128;
const OVERFLOWN: LogMessage = { kind: 'interrupted' };

/** The announced and unread messages, in bounded memory; a reader who keeps up costs almost nothing. */
export class Inbox {
  private messages: (LogMessage | undefined)[] = [];
  private head = 0;
  private bytes = 0;
  private overflown = false;
  private closed = false;
  private wake: ((came: boolean) => void) | undefined;
  private patienceMs = 0;
  private reader: (() => boolean) | undefined;
  /** One timer for many waits: when it fires too early for the present one, it is set for the rest. */
  private timer: NodeJS.Timeout | undefined;
  private timerAt = 0;
  private deadline = 0;

  readonly put = (message: LogMessage): void => {
    if (this.overflown || this.closed) return;
    this.bytes += sizeOf(message);
    this.overflown = this.bytes > MAX_UNREAD_BYTES;
    if (this.overflown) this.clear();
    this.messages.push(this.overflown ? OVERFLOWN : message);
    if (!this.wake) return;
    if (this.reader?.() && this.isEmpty) this.deadline = performance.now() + this.patienceMs;
    else this.wake(true);
  };

  get isEmpty(): boolean {
    return this.head === this.messages.length;
  }

  /** The next message, if there is one. */
  take(): LogMessage | undefined {
    const message = this.messages[this.head];
    if (message === undefined) return undefined;
    this.bytes -= sizeOf(message);
    this.messages[this.head++] = undefined;
    if (this.head === this.messages.length) {
      this.overflown = false;
      this.clear();
    } else if (this.head === COMPACT_AT) {
      this.messages = this.messages.slice(this.head);
      this.head = 0;
    }
    return message;
  }

  /**
   * Resolves with true when something has come, or the inbox is closed, and with false after `patienceMs` without
   * anything. A `reader` takes what comes at once. The wait continues then, without a new promise. The reader returns
   * false if it needs more than messages.
   */
  async wait(patienceMs: number, reader?: () => boolean): Promise<boolean> {
    if (this.closed || !this.isEmpty) return true;
    this.patienceMs = patienceMs;
    this.deadline = performance.now() + patienceMs;
    if (this.timer === undefined || this.timerAt > this.deadline) this.setTimer(patienceMs);
    this.reader = reader;
    const came = await new Promise<boolean>((resolve) => (this.wake = resolve));
    this.wake = this.reader = undefined;
    return came;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.clear();
    this.wake?.(true);
  }

  private clear(): void {
    this.messages.length = 0;
    this.head = 0;
    this.bytes = 0;
  }

  private setTimer(ms: number): void {
    clearTimeout(this.timer);
    this.timerAt = performance.now() + ms;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const left = this.deadline - performance.now();
      if (left <= 0) this.wake?.(false);
      else if (this.wake) this.setTimer(left);
    }, ms);
  }
}

function sizeOf(message: LogMessage): number {
  const isToken = message.kind === 'event' && message.event.type === 'token';
  return HEAD_BYTES + (isToken ? 2 * message.event.content.length : 0);
}
