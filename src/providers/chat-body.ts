import { StoryreelError } from '../protocol';
import { parsedAnswer } from './answer-fields';
import { ServerError } from './errors';
import type { ChatAnswer } from './chat-answer';
import { aPage, isPage } from './reported-error';
import { SseParser } from './sse-parser';

/** After the end of the answer: what is waited for the numbers behind it, and for the end of the body. */
const NUMBERS_MS = 1_500;
/** The same after an end that came with the first piece: some servers report one with every piece. */
const EARLY_MS = 15_000;

/**
 * The body of an answer: a stream of events or, if the server ignores the request for a stream, a whole answer. The
 * first character decides; the content type is not reliable.
 */
export class ChatBody {
  private kind: 'unknown' | 'events' | 'whole' = 'unknown';
  private readonly parser: SseParser;
  /** The parts of a whole answer. */
  private readonly parts: Buffer[] = [];
  private size = 0;
  private events = 0;
  /** The server has sent the end mark: what comes behind it is not read. */
  private isMarked = false;
  /** The answer is complete, and by this time, by `performance.now()`, nothing more is waited for. */
  private until: number | undefined;

  constructor(
    private readonly answer: ChatAnswer,
    /** The limit of one event, and of a whole answer. */
    private readonly mostBytes: number,
  ) {
    this.parser = new SseParser(mostBytes);
  }

  /** Once the answer is complete, returns for how many milliseconds more the body should be read. */
  push(bytes: Buffer): number | undefined {
    if (this.isMarked) return 0;
    // Some servers keep a connection open with empty lines.
    const begun = this.kind === 'unknown' ? withoutBlank(bytes) : bytes;
    if (begun.length === 0) return undefined;
    if (this.kind === 'unknown') this.kind = WHOLE.has(begun[0]) ? 'whole' : 'events';
    if (this.kind === 'events') return this.take(this.parser.push(begun));
    this.parts.push(begun);
    this.size += begun.length;
    if (this.size > this.mostBytes) {
      throw new StoryreelError('Output.TooLong', `The provider sent an answer of more than ${this.mostBytes} bytes.`);
    }
    return undefined;
  }

  end(): void {
    if (this.kind === 'events') {
      if (!this.isMarked) this.take(this.parser.end());
      if (this.events === 0) throw new ServerError('it answered with what is no stream');
    } else this.takeWhole(Buffer.concat(this.parts).toString('utf8'));
    this.answer.end();
  }

  private take(events: ReturnType<SseParser['push']>): number | undefined {
    for (const { data, event } of events) {
      this.events += 1;
      const text = data.trim();
      if (text === '') continue;
      if (text === '[DONE]') {
        this.isMarked = true;
        this.answer.done();
        return 0;
      }
      if (event !== 'message' && event !== 'error' && !text.startsWith('{')) continue;
      this.takeData(text, event);
    }
    if (!this.answer.isSurelyOver) return (this.until = undefined);
    this.until ??= performance.now() + (this.answer.isEarly ? EARLY_MS : NUMBERS_MS);
    return Math.max(0, this.until - performance.now());
  }

  /** Nothing unreadable behind a complete answer takes anything from it. */
  private takeData(text: string, event = 'message'): void {
    let data: unknown;
    try {
      data = parsedAnswer(text);
    } catch (error) {
      if (this.answer.ended) return;
      throw event === 'error' ? new ServerError(text) : error;
    }
    this.answer.take(data, event);
  }

  private takeWhole(text: string): void {
    if (text.trim() === '') return;
    if (isPage(text)) {
      throw new StoryreelError(
        'Provider.NotFound',
        `The provider answered with ${aPage(text)} in the place of a text. Check the base URL: most end in /v1.`,
      );
    }
    for (const value of valuesIn(text)) this.takeData(value);
    if (!this.answer.ended) this.answer.done();
    if (!this.answer.ended) throw new ServerError('it answered without a text');
  }
}

/** One JSON value, or one a line. */
function valuesIn(text: string): string[] {
  try {
    parsedAnswer(text);
    return [text];
  } catch {
    return text.split('\n').filter((line) => line.trim() !== '');
  }
}

/** From the first byte that is no white space, and not of the mark of the byte order. */
function withoutBlank(bytes: Buffer): Buffer {
  const at = bytes.findIndex((byte) => !BLANK.has(byte));
  return at < 0 ? Buffer.alloc(0) : bytes.subarray(at);
}

const BLANK = new Set(Buffer.from(' \t\r\n\ufeff'));
const WHOLE: ReadonlySet<number | undefined> = new Set(Buffer.from('{[<'));
