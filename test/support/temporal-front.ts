import { once } from 'node:events';
import {
  connect,
  constants,
  createSecureServer,
  type ClientHttp2Session,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { AUTHORITY, SERVER_CERT, SERVER_KEY } from './certificates';

/** gRPC's UNAUTHENTICATED and PERMISSION_DENIED. */
const [UNAUTHENTICATED, PERMISSION_DENIED] = ['16', '7'];
/** What Temporal Cloud lets nobody do by this way. */
const FORBIDDEN = /OperatorService\/AddSearchAttributes$/;

/**
 * What stands in front of Temporal where others run it: TLS that asks for a client's certificate, and a key with each request.
 * Everything else goes to the server behind it.
 */
export class TemporalFront {
  /** The headers of the requests that it let pass. */
  readonly seen: IncomingHttpHeaders[] = [];
  private readonly sessions = new Set<{ destroy(): void }>();

  private constructor(
    private readonly server: Http2SecureServer,
    private readonly backend: string,
    private readonly apiKey: string,
  ) {
    server.on('session', (session) => {
      const behind = connect(`http://${this.backend}`);
      behind.on('error', () => undefined);
      session.on('error', () => undefined);
      session.on('stream', (stream, headers) => this.pass(stream, headers, behind));
      session.once('close', () => behind.destroy());
      this.sessions.add(session);
    });
  }

  static async start(backend: string, apiKey: string): Promise<TemporalFront> {
    const server = createSecureServer({
      cert: SERVER_CERT,
      key: SERVER_KEY,
      ca: AUTHORITY,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const front = new TemporalFront(server, backend, apiKey);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return front;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private pass(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, behind: ClientHttp2Session): void {
    stream.on('error', () => undefined);
    const isKnown = headers.authorization === `Bearer ${this.apiKey}`;
    if (!isKnown || FORBIDDEN.test(headers[':path'] ?? '')) {
      const status = isKnown ? PERMISSION_DENIED : UNAUTHENTICATED;
      const answer = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status };
      stream.respond({ ...answer, 'grpc-message': 'Request unauthorized.' }, { endStream: true });
      return;
    }
    this.seen.push(headers);
    const { ':authority': _authority, ':scheme': _scheme, authorization: _key, ...kept } = headers;
    const request = behind.request(kept);
    let trailers: IncomingHttpHeaders = {};
    request.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    request.on('trailers', (given) => (trailers = given));
    request.on('response', (answer, flags) => {
      if (stream.destroyed || stream.headersSent) return;
      const isAll = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      stream.respond(answer, { endStream: isAll, waitForTrailers: !isAll });
      if (!isAll) request.pipe(stream);
    });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.on('close', () => request.close(constants.NGHTTP2_CANCEL));
    stream.pipe(request);
  }
}
