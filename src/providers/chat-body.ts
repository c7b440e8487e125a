import { boundedLine, StoryreelError } from '../protocol';
import { isFields, jsonIn, parsedAnswer } from './answer-fields';
import { unknownForm, type ChatAnswer } from './chat-answer';
import { pieceOfEvent } from './chat-forms';
import { ServerError } from './errors';
import { aPage } from './reported-error';
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
  private begun: Buffer = Buffer.alloc(0);
  private events = 0;
  /** Words in the place of the last event. If they are the last of all, they state why. */
  private words = '';
  /** The server has sent the end mark: what comes behind it is not read. */
  private isMarked = false;
  /** The answer is complete, and by this time, by `performance.now()`, nothing more is waited for. */
  private until: number | undefined;

  constructor(
    private readonly answer: ChatAnswer,
    /** The limit of one event, and of a whole answer. */
    private readonly mostBytes: number,
    /** What the server states that the body is. */
    private readonly mediaType = '',
  ) {
    this.parser = new SseParser(mostBytes);
  }

  /** Once the answer is complete, returns for how many milliseconds more the body should be read. */
  push(bytes: Buffer): number | undefined {
    if (this.isMarked) return 0;
    // Some servers keep a connection open with empty lines.
    const begun = this.kind === 'unknown' ? withoutBlank(bytes) : bytes;
    if (begun.length === 0) return undefined;
    if (this.kind === 'unknown') this.begun = begun.subarray(0, MAX_BEGINNING);
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
      if (this.events === 0) throw this.noStream();
      const reason = this.words === '' ? this.answer.reasonForNothing : new ServerError(this.words);
      if (reason && !this.answer.ended) throw reason;
    } else this.takeWhole(Buffer.concat(this.parts).toString('utf8'));
    this.answer.end();
    const { unreadText } = this.answer;
    if (unreadText) throw unreadText;
  }

  private take(events: ReturnType<SseParser['push']>): number | undefined {
    for (const { data, event } of events) {
      this.events += 1;
      if (this.takeText(data, event)) return 0;
    }
    if (!this.answer.isSurelyOver) return (this.until = undefined);
    this.until ??= performance.now() + (this.answer.isEarly ? EARLY_MS : NUMBERS_MS);
    return Math.max(0, this.until - performance.now());
  }

  /** Returns true for the end mark. */
  private takeText(data: string, event = 'message'): boolean {
    const isNamed = event !== 'message' && event !== 'error';
    const piece = isNamed ? pieceOfEvent(event, data) : undefined;
    // White space is a part of a text, and so is a word that would be an end mark elsewhere.
    if (piece) {
      this.answer.take(piece);
      return false;
    }
    // Some proxies make an event of what is one already.
    const text = data.replace(/^(?:\s*data:)+/, '').trim();
    if (text === '') return false;
    if (END_MARK.test(text)) {
      this.isMarked = true;
      this.answer.done();
      return true;
    }
    if (isNamed && !text.startsWith('{')) {
      if (!ALIVE.test(event)) this.answer.pass({ event, data });
    } else if (event === 'message' && WORDS.test(text)) this.words = text;
    else if (event === 'message' && text.startsWith('<')) this.words = `it sent ${aPage(text)}`;
    else {
      this.words = '';
      this.takeData(text, event);
    }
    return false;
  }

  /** Nothing unreadable behind a complete answer takes anything from it. */
  private takeData(text: string, event: string): void {
    let data: unknown;
    try {
      data = parsedAnswer(text);
      // Some gateways write the whole JSON into a text.
      if (typeof data === 'string' && data.startsWith('{')) data = parsedAnswer(data);
    } catch (error) {
      if (this.answer.ended) return;
      if (event === 'error') throw new ServerError(text);
      const values = gluedIn(text);
      if (values.length === 0) throw error;
      for (const each of values) this.answer.take(each);
      return;
    }
    this.answer.take(data, event);
  }

  /** What is no stream. A proxy's few words state the reason; anything longer may be the model's text. */
  private noStream(): Error {
    const words = this.begun.toString('utf8').trim();
    if (WORDS.test(words) && !BINARY.test(words) && this.begun.length < MAX_BEGINNING) {
      return new ServerError(`it answered “${boundedLine(words, MAX_BEGINNING)}”`);
    }
    const first = boundedLine(words.replace(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, ' ').trim(), MAX_FIRST);
    return unknownForm(`what is no stream (${boundedLine(this.mediaType || 'of no type', MAX_BEGINNING)}), “${first}”`);
  }

  private takeWhole(text: string): void {
    if (text.trim() === '') return;
    if (text.trimStart().startsWith('<')) {
      throw new StoryreelError(
        'Provider.NotFound',
        `The provider answered with ${aPage(text)} in the place of a text. Check the base URL: most end in /v1.`,
      );
    }
    const value = jsonIn(text);
    if (value !== undefined && typeof value !== 'string') this.answer.take(value);
    // Some gateways write the whole JSON into a text; others send a value a line.
    else {
      const values = gluedIn(text);
      for (const each of values) this.answer.take(each);
      if (values.length === 0) for (const line of linesIn(text)) if (this.takeText(line)) break;
    }
    // A closed value is whole; a list of lines may be cut between two of them.
    if (value !== undefined && !isPiece(value)) this.answer.done();
    if (this.answer.ended) return;
    const reason = this.answer.reasonForNothing;
    if (reason || !this.answer.hasText) throw reason ?? new ServerError('it answered without a text');
  }
}

/** Whether one value states that it is not the last, or has the form of a piece. */
function isPiece(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { choices, done, is_finished: isFinished, is_end: isEnd, stop_reason: word, message } = value;
  if ([done, isFinished, isEnd].includes(false) || word === null) return true;
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
  return isFields(first) && isFields(first['delta']) && first['message'] === undefined && message === undefined;
}

/** The values of a text in which objects follow each other, with nothing or white space between; none if one is torn. */
function gluedIn(text: string): unknown[] {
  const values: unknown[] = [];
  let [depth, from] = [0, 0];
  for (const { 0: sign, index } of text.matchAll(BRACES)) {
    depth += sign === '{' ? 1 : sign === '}' ? -1 : 0;
    if (depth !== 0 || sign !== '}') continue;
    const value = jsonIn(withoutField(text.slice(from, index + 1)));
    if (!isFields(value)) return [];
    values.push(value);
    from = index + 1;
  }
  return withoutField(text.slice(from)).trim() === '' ? values : [];
}

function withoutField(text: string): string {
  return text.replace(/^\s*data:/, '');
}

function linesIn(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** From the first byte that is no white space, and not of the mark of the byte order. */
function withoutBlank(bytes: Buffer): Buffer {
  const at = bytes.findIndex((byte) => !BLANK.has(byte));
  return at < 0 ? Buffer.alloc(0) : bytes.subarray(at);
}

/** Fewer bytes than these may be quoted of what is no stream. */
const MAX_BEGINNING = 100;
/** So few characters show what came, and are no quotation. */
const MAX_FIRST = 16;
/** How servers write that the stream is over. */
const END_MARK = /^"?\[?done\]?"?$/i;
/** Words of a server or a proxy: a sign of life, or what has gone wrong. A torn piece of JSON has other characters. */
const WORDS = /^(?!(?:null|true|false|-?\d[\d.]*)$)(?:\[\w{1,20}\])?[^"{}[\]<>]{1,300}$/;

/** The braces, and the texts in which they mean nothing; a torn text lasts to the end. */
const BRACES = /[{}]|"(?:[^"\\]+|\\.)*(?:"|\\?$)/gs;
const BINARY = /[\0-\x08\x0e-\x1f\ufffd]/;
/** Events that only keep a connection open. */
const ALIVE = /ping|heart|alive/i;

const BLANK = new Set(Buffer.from(' \t\r\n\ufeff'));
const WHOLE: ReadonlySet<number | undefined> = new Set(Buffer.from('{[<"'));
