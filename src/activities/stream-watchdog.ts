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
  private begun = false;

  constructor(private readonly limits: WatchdogLimits) {
    const { firstTokenMs } = limits;
    this.timer = this.arm(
      'Stream.FirstTokenTimeout',
      firstTokenMs,
      `The provider sent no first token within ${firstTokenMs} ms.`,
    );
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Something came. */
  feed(): void {
    if (this.begun) return void this.timer.refresh();
    this.begun = true;
    clearTimeout(this.timer);
    const { interChunkMs } = this.limits;
    this.timer = this.arm(
      'Stream.Stalled',
      interChunkMs,
      `The provider stopped in mid-stream, for ${interChunkMs} ms.`,
    );
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private arm(type: 'Stream.FirstTokenTimeout' | 'Stream.Stalled', ms: number, message: string): NodeJS.Timeout {
    return setTimeout(() => this.controller.abort(new StoryreelError(type, message)), ms);
  }
}
