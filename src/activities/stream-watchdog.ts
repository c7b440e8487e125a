import { StoryreelError } from '../protocol';

export interface WatchdogLimits {
  readonly firstTokenMs: number;
  readonly interChunkMs: number;
}

/**
 * Ends a stream that has gone silent. A client's own time-out does not see a stall once the headers have come, and the
 * abort must not be taken for a cancellation: so it has a signal of its own.
 */
export class StreamWatchdog {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout;

  constructor(private readonly limits: WatchdogLimits) {
    this.timer = this.arm('Stream.FirstTokenTimeout', limits.firstTokenMs, 'The provider sent no first token');
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Something came. */
  feed(): void {
    clearTimeout(this.timer);
    this.timer = this.arm('Stream.Stalled', this.limits.interChunkMs, 'The provider stopped in mid-stream, for');
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private arm(type: 'Stream.FirstTokenTimeout' | 'Stream.Stalled', ms: number, what: string): NodeJS.Timeout {
    const message = `${what}${type === 'Stream.Stalled' ? '' : ' within'} ${ms} ms.`;
    return setTimeout(() => this.controller.abort(new StoryreelError(type, message)), ms);
  }
}
