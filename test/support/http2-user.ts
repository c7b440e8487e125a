import { once } from 'node:events';
import { connect, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { AUTHORITY, SERVER_NAME } from './certificates';
import { sseMessage, type SseMessage } from './gateway';

export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

type Headers = Readonly<Record<string, string>>;

/** A browser, as far as HTTP/2 goes: one connection for all requests, with TLS, from an address of this machine. */
export class Http2User {
  private constructor(
    private readonly session: ClientHttp2Session,
    private readonly own: Headers,
  ) {}

  /** Only a server that speaks HTTP/2 is taken. */
  static async connect(port: number, own: Headers, from = '127.0.0.1'): Promise<Http2User> {
    // `tls.connect` hands `localAddress` to `net.connect`, which the types of Node leave out.
    const address = { host: '127.0.0.1', port, localAddress: from };
    const socket = connectTls({ ...address, ca: AUTHORITY, servername: SERVER_NAME, ALPNProtocols: ['h2'] });
    await once(socket, 'secureConnect');
    if (socket.alpnProtocol !== 'h2') throw new Error('the server does not speak HTTP/2');
    const session = connect(`https://${SERVER_NAME}:${port}`, { createConnection: () => socket });
    session.on('error', () => undefined);
    return new Http2User(session, own);
  }

  async ask(method: string, path: string, headers: Headers = {}, body?: unknown): Promise<Http2Answer> {
    const request = this.session.request({
      ':method': method,
      ':path': path,
      ...this.own,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
    const [answered] = (await once(request, 'response')) as [IncomingHttpHeaders & { readonly ':status': number }];
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    return { status: answered[':status'], headers: answered, bytes: Buffer.concat(pieces) };
  }

  watch(path: string, headers: Headers = {}): Http2Viewer {
    const request = this.session.request({ ':path': path, ...this.own, 'accept-encoding': 'gzip, br', ...headers });
    return new Http2Viewer(request);
  }

  leave(): void {
    this.session.destroy();
  }
}

/** One stream of a connection: what has come of it so far. */
export class Http2Viewer {
  headers: IncomingHttpHeaders | undefined;
  text = '';
  /** Whether the stream is over, in whichever way. */
  isOver = false;

  constructor(private readonly request: ReturnType<ClientHttp2Session['request']>) {
    request.setEncoding('utf8');
    request.on('response', (headers) => (this.headers = headers));
    request.on('data', (data: string) => (this.text += data));
    request.on('error', () => undefined);
    request.on('close', () => (this.isOver = true));
  }

  get status(): unknown {
    return this.headers?.[':status'];
  }

  get lastId(): string | undefined {
    return this.seen.findLast(({ id }) => id !== undefined)?.id;
  }

  /** The whole messages. */
  get seen(): readonly SseMessage[] {
    return this.text
      .split('\n\n')
      .slice(0, -1)
      .flatMap((block) => sseMessage(block) ?? []);
  }

  leave(): void {
    this.request.close(constants.NGHTTP2_CANCEL);
  }
}
