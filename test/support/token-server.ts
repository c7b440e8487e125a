import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const TOKEN_MS = 20;

/** A provider whose text never ends, to see its sockets close. Nothing of the text is held back: what it wrote, it sent. */
export class TokenServer {
  /** What was written on each connection, by order, and when it was closed; in milliseconds since 1970. */
  readonly streams: { written: string; closedAt?: number }[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TokenServer> {
    const server = createServer();
    const provider = new TokenServer(server);
    server.on('request', (request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const stream: TokenServer['streams'][number] = { written: '' };
      provider.streams.push(stream);
      const timer = setInterval(() => {
        const content = `word${stream.written.length} `;
        stream.written += content;
        response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
      }, TOKEN_MS);
      (response.socket as Socket).once('close', () => {
        clearInterval(timer);
        stream.closedAt = Date.now();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return provider;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
