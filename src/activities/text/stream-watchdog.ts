import { StoryreelError } from '../../protocol';

export interface WatchdogLimits {
  readonly firstTokenMs: number;
  readonly interChunkMs: number;
  /** How long a model may think, and a server send keep-alives, without a word of the answer. */
  readonly withoutTextMs: number;
}

/** What arrived: a part of the answer, a thought of the model, or only a sign of life. */
export type Sign = 'text' | 'thought' | 'alive';

/**
 * Ends a stream that has gone silent. A client's own time-out does not see a stall once the headers have arrived. The
 * abort must not be taken for a cancellation, so the watchdog has a signal of its own.
 */
export class StreamWatchdog {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout;
  private wordless: NodeJS.Timeout;
  private begun = false;
  private thought = false;

  constructor(private readonly limits: WatchdogLimits) {
    const { firstTokenMs, withoutTextMs } = limits;
    this.timer = this.arm(
      'Stream.FirstTokenTimeout',
      firstTokenMs,
      `The provider sent no first token within ${firstTokenMs} ms.`,
    );
    this.wordless = setTimeout(() => this.controller.abort(this.withoutText()), withoutTextMs);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  feed(sign: Sign): void {
    if (sign === 'text') this.wordless.refresh();
    this.thought = sign === 'thought' || (this.thought && sign !== 'text');
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
    clearTimeout(this.wordless);
  }

  private withoutText(): StoryreelError {
    const { withoutTextMs } = this.limits;
    return this.thought
      ? new StoryreelError('Output.TooLong', `The model thought for ${withoutTextMs} ms without a word of its answer.`)
      : new StoryreelError('Stream.Stalled', `The provider was there for ${withoutTextMs} ms, but sent no text.`);
  }

  private arm(type: 'Stream.FirstTokenTimeout' | 'Stream.Stalled', ms: number, message: string): NodeJS.Timeout {
    return setTimeout(() => this.controller.abort(new StoryreelError(type, message)), ms);
  }
}
