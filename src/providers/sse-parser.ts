import { StringDecoder } from 'node:string_decoder';
import { StoryreelError } from '../protocol';

export interface ServerSentEvent {
  /** `message` if the stream names none. */
  readonly event: string;
  readonly data: string;
}

/**
 * Reads a stream of server-sent events from raw bytes. They may be cut anywhere: between the bytes of a character,
 * between `\r` and `\n`, in the middle of a field.
 *
 * Source: HTML standard, "Interpreting an event stream". There are six departures. A last event without its blank line is
 * returned by `end` instead of being dropped, because real servers close right after it. Ids are not read, because no
 * provider accepts one to resume. A field `error` is the data of an event of that name, because llama.cpp sends it.
 * A line of bare JSON is an event, because gateways report a late error so. An object that begins behind a whole one is the
 * next event, because some servers leave out the blank line. A field of one letter with a JSON value is an event of that
 * name, because Vercel's data streams have a line each.
 */
export class SseParser {
  private readonly decoder = new StringDecoder('utf8');
  private buffer = '';
  private atStart = true;
  private afterCarriageReturn = false;
  private event = '';
  private data: string | undefined;
  /** The last line of the data ends an object. To look at the data itself would copy all of it, with each line. */
  private isClosed = false;

  /** `mostUnits`: of one event, its lines and what is not complete yet. Throws `Output.TooLong` beyond it. */
  constructor(private readonly mostUnits = Infinity) {}

  /** Takes the next bytes and returns the events that they complete, in order. */
  push(bytes: Buffer): ServerSentEvent[] {
    return this.take(this.decoder.write(bytes));
  }

  /** The stream has ended. */
  end(): ServerSentEvent[] {
    const events = this.take(this.decoder.end());
    if (this.buffer !== '') this.line(this.buffer, events);
    this.buffer = '';
    this.dispatch(events);
    return events;
  }

  private take(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    if (text === '') return events;
    if (this.atStart) {
      this.atStart = false;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    // `\r\n` cut between two reads: the line ended at `\r` already.
    if (this.afterCarriageReturn && text.startsWith('\n')) text = text.slice(1);
    this.afterCarriageReturn = text.endsWith('\r');

    let from = 0;
    // Almost no server ends its lines with `\r`; without it, the end of each line is one native search away.
    const carriage = text.includes('\r');
    for (;;) {
      const at = carriage ? nextLineEnd(text, from) : text.indexOf('\n', from);
      if (at < 0) break;
      const line = text.slice(from, at);
      this.line(this.buffer === '' ? line : this.buffer + line, events);
      this.buffer = '';
      from = text.charCodeAt(at) === 13 && text.charCodeAt(at + 1) === 10 ? at + 2 : at + 1;
    }
    this.buffer += from === 0 ? text : text.slice(from);
    if (this.buffer.length + (this.data?.length ?? 0) > this.mostUnits) throw this.tooLong();
    return events;
  }

  private line(line: string, events: ServerSentEvent[]): void {
    if (line === '') return this.dispatch(events);
    const colon = line.indexOf(':');
    if (colon === 0) return;
    if (line.startsWith('{"') && line.trimEnd().endsWith('}')) {
      this.dispatch(events);
      this.data = line;
      return this.dispatch(events);
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data' && this.isClosed && /^(?:\{|\[DONE\])/.test(value)) this.dispatch(events);
    if (field === 'error') this.event = field;
    if (field === 'data' || field === 'error') {
      this.data = this.data === undefined ? value : `${this.data}\n${value}`;
      this.isClosed = value.endsWith('}');
      if (this.data.length > this.mostUnits) throw this.tooLong();
    }
    if (field === 'event') this.event = value;
    if (field.length === 1 && VALUE.test(value)) {
      this.dispatch(events);
      this.event = field;
      this.data = value;
      this.dispatch(events);
    }
  }

  private tooLong(): StoryreelError {
    return new StoryreelError(
      'Output.TooLong',
      `The provider sent an event of more than ${this.mostUnits} characters.`,
    );
  }

  private dispatch(events: ServerSentEvent[]): void {
    if (this.data !== undefined) events.push({ event: this.event || 'message', data: this.data });
    this.data = undefined;
    this.isClosed = false;
    this.event = '';
  }
}

const VALUE = /^["[{]/;

function nextLineEnd(text: string, from: number): number {
  const feed = text.indexOf('\n', from);
  const carriage = text.indexOf('\r', from);
  return feed < 0 || (carriage >= 0 && carriage < feed) ? carriage : feed;
}
