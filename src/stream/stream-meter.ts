/** Measures one attempt's text on its way to the log. `wrote` is called for every token, and must cost next to nothing. */
export interface StreamMeter {
  /** A piece of text came. */
  wrote(): void;
  /** All that came so far is under way to the log. */
  sent(): void;
  /** The log has all that was under way, and took so many bytes; `opening` is how the attempt began for viewers. */
  acknowledged(bytes: number, opening: 'reset' | 'resumed' | undefined): void;
  /** The log refused it: a newer attempt owns the lane. */
  refused(): void;
}
