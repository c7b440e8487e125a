export interface SseMessage {
  readonly id: string | undefined;
  readonly data: string;
}

/** Takes a stream of Server-Sent Events apart, however it was cut on its way. `event:` is not used by the gateway. */
export class SseParser {
  retryMs: number | undefined;
  private rest = '';

  take(chunk: string): SseMessage[] {
    this.rest += chunk;
    // A lone CR at the end may be half of a line end.
    const held = this.rest.endsWith('\r') ? 1 : 0;
    const whole = this.rest.slice(0, this.rest.length - held).replace(/\r\n?/g, '\n');
    const blocks = whole.split('\n\n');
    this.rest = (blocks.pop() ?? '') + (held ? '\r' : '');
    return blocks.flatMap((block) => this.messageIn(block) ?? []);
  }

  private messageIn(block: string): SseMessage | undefined {
    const data: string[] = [];
    let id: string | undefined;
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (name === 'data') data.push(value);
      else if (name === 'id') id = value;
      else if (name === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
    }
    return data.length > 0 ? { id, data: data.join('\n') } : undefined;
  }
}
