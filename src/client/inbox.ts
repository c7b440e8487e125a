import type { LogMessage } from '../stream';

/** More than so many unread messages are let go: the reader is slow, and reads on from the log at its own pace. */
const MOST_UNREAD = 2_000;

/** What was announced and not read yet, in bounded memory. */
export class Inbox {
  private messages: LogMessage[] = [];
  private wake: (() => void) | undefined;

  readonly put = (message: LogMessage): void => {
    // The next event does not follow the last one read then, and so sends its reader back to the log.
    if (this.messages.length >= MOST_UNREAD) this.messages = [];
    this.messages.push(message);
    this.wake?.();
  };

  /** The next message; undefined after `timeoutMs` without one, or when `signal` aborts. */
  async next(timeoutMs: number, signal: AbortSignal): Promise<LogMessage | undefined> {
    if (this.messages.length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          this.wake = undefined;
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        signal.addEventListener('abort', done, { once: true });
        this.wake = done;
      });
    }
    return this.messages.shift();
  }
}
