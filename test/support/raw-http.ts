import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from './until';

/** What came back on a socket, one answer after the other. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** A client that sends whatever bytes it likes, as slowly as it likes. */
export class RawHttp {
  received = Buffer.alloc(0);
  isClosed = false;

  private constructor(
    readonly socket: Socket,
    private readonly host: string,
  ) {
    socket.on('data', (data: Buffer) => (this.received = Buffer.concat([this.received, data])));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
    socket.on('end', () => (this.isClosed = true));
  }

  /** One that never closes its own side where `staysOpen`. */
  static async open(url: string, { staysOpen = false } = {}): Promise<RawHttp> {
    const { hostname, port, host } = new URL(url);
    const address = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ port: Number(port), host: address, allowHalfOpen: staysOpen });
    await once(socket, 'connect');
    return new RawHttp(socket, host);
  }

  /** Sends a request as it is given, and gives all that comes until the server closes. */
  static async ask(url: string, request: string | Buffer | readonly (string | Buffer)[]): Promise<RawAnswer> {
    const client = await RawHttp.open(url);
    const pieces = typeof request === 'string' || Buffer.isBuffer(request) ? [request] : request;
    for (const piece of pieces) client.send(piece);
    await client.closed();
    const [first] = client.answers();
    client.leave();
    return first ?? { status: 0, head: '', body: '' };
  }

  /** A request with the right `Host`; the connection is closed after its answer. */
  static request(url: string, line: string, headers: readonly string[] = [], body = ''): string {
    const all = [`Host: ${new URL(url).host}`, 'Connection: close', ...headers];
    return `${line} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n${body}`;
  }

  send(bytes: string | Buffer): void {
    if (!this.socket.destroyed && this.socket.writable) this.socket.write(bytes);
  }

  async closed(): Promise<void> {
    await until(`${this.host} closes the connection`, () => this.isClosed);
  }

  leave(): void {
    this.socket.destroy();
  }

  /** Each answer whose length is stated; the last one may lack it. */
  answers(): RawAnswer[] {
    const answers: RawAnswer[] = [];
    let rest = this.received;
    while (rest.length > 0) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) break;
      const head = rest.subarray(0, end).toString('latin1');
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? (status < 200 ? 0 : Infinity));
      rest = rest.subarray(end + 4);
      answers.push({ status, head, body: rest.subarray(0, length).toString('utf8') });
      rest = rest.subarray(length);
    }
    return answers;
  }
}
