import { StoryreelError } from '../../protocol';

/**
 * The most bytes per token, on the average of a text. ASCII is counted as in long words, other characters as in scripts
 * that few models know well. A text of the ordered length is never longer.
 */
const MAX_PER_TOKEN = { ascii: 6, other: 10 };
/** A text that is only a little longer may just be counted in another way; white space takes few tokens. */
const CLEARLY = { times: 1.25, more: 100 };

/** Measures an answer before each piece of it is stored or sent. Throws `Output.TooLong`. */
export class AnswerLimits {
  private bytes: number;
  private ascii = 0;
  private thoughtBytes = 0;
  private spaces = 0;

  constructor(
    private readonly limits: {
      /** That are there already. */
      readonly bytes: number;
      readonly mostBytes: number;
      readonly orderedTokens: number;
      readonly mostThoughtBytes: number;
    },
  ) {
    this.bytes = limits.bytes;
  }

  text(piece: string): void {
    const bytes = Buffer.byteLength(piece);
    this.bytes += bytes;
    const { mostBytes, orderedTokens, bytes: before } = this.limits;
    if (this.bytes > mostBytes) {
      throw new StoryreelError('Output.TooLong', `The answer is longer than MAX_TEXT_BYTES (${mostBytes}).`);
    }
    const ascii = bytes === piece.length ? bytes : piece.replace(/[^\0-\x7f]/g, '').length;
    this.ascii += ascii;
    this.spaces += spacesIn(piece);
    const plain = this.ascii - this.spaces / 2;
    const least = plain / MAX_PER_TOKEN.ascii + (this.bytes - before - this.ascii) / MAX_PER_TOKEN.other;
    if (least > orderedTokens * CLEARLY.times + CLEARLY.more) {
      throw new StoryreelError(
        'Output.TooLong',
        `The answer is clearly longer than the ${orderedTokens} tokens that were ordered. The server takes no notice of its limit.`,
      );
    }
  }

  thought(piece: string): void {
    this.thoughtBytes += Buffer.byteLength(piece);
    const { mostThoughtBytes } = this.limits;
    if (this.thoughtBytes > mostThoughtBytes) {
      throw new StoryreelError(
        'Output.TooLong',
        `The model thought more than MAX_THOUGHT_BYTES (${mostThoughtBytes}).`,
      );
    }
  }

  /** All text so far were thoughts. */
  retract(): void {
    const thoughts = this.bytes - this.limits.bytes;
    this.bytes = this.limits.bytes;
    this.ascii = this.spaces = 0;
    this.thoughtBytes += thoughts;
  }
}

/** Counts white space of ASCII. It runs for every token, where a regular expression would make strings to throw away. */
function spacesIn(piece: string): number {
  let spaces = 0;
  for (let i = 0; i < piece.length; i++) if (piece.charCodeAt(i) <= 32) spaces += 1;
  return spaces;
}
