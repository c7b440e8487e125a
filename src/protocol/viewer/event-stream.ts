/** One message of a stream of server-sent events. */
export interface StreamMessage {
  readonly data: string;
  /** The last id that the stream has named, up to this message; empty if there is none. */
  readonly id: string;
}

/**
 * Reads server-sent events from raw bytes, cut anywhere, in Node and in browsers. A message without its blank line
 * at the end of the stream is dropped; the next stream sends it again.
 *
 * Source: HTML standard, "Interpreting an event stream".
 */
export class EventStream {
  /** How long the server asks the reader to wait before the next stream, in milliseconds. */
  retry: number | undefined;
  private readonly decoder = new TextDecoder();
  private rest = '';
  private afterCarriageReturn = false;
  private data: string | undefined;
  private id = '';

  push(bytes: Uint8Array): StreamMessage[] {
    let text = this.decoder.decode(bytes, { stream: true });
    if (text === '') return [];
    if (this.afterCarriageReturn && text.startsWith('\n')) text = text.slice(1);
    this.afterCarriageReturn = text.endsWith('\r');
    const messages: StreamMessage[] = [];
    const lines = text.split(/\r\n|\r|\n/);
    lines[0] = this.rest + (lines[0] ?? '');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.take(line, messages);
    return messages;
  }

  private take(line: string, messages: StreamMessage[]): void {
    if (line === '') {
      if (this.data !== undefined) messages.push({ data: this.data, id: this.id });
      this.data = undefined;
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (field === 'data') this.data = this.data === undefined ? value : `${this.data}\n${value}`;
    else if (field === 'id' && !value.includes('\0')) this.id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retry = Number(value);
  }
}
