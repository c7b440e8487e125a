import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * Stands between a client and a server, and breaks what it carries as a network does: slow, silent, refused, cut. Use its
 * port on 127.0.0.1 in place of the server's.
 */
export class TcpProxy {
  /** How long the client's bytes are under way. */
  delayMs = 0;
  private readonly links = new Set<Link>();
  private silent = false;
  private held: Held | undefined;
  private readonly changes: { readonly from: string; readonly to: string; times: number }[] = [];
  private cuts: { readonly after: string; readonly bytes: number }[] = [];

  private constructor(
    private target: number,
    private readonly server: Server,
    readonly port: number,
  ) {
    server.on('connection', (socket) => this.link(socket));
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(targetPort, server, (server.address() as AddressInfo).port);
  }

  /** New connections lead to another server; those that stand stay where they are. */
  leadTo(targetPort: number): void {
    this.target = targetPort;
  }

  /** The connections that clients have now. */
  get connections(): number {
    return this.links.size;
  }

  /** Nothing arrives any more, in either direction, and no connection is closed. */
  hang(): void {
    this.silent = true;
    for (const link of this.links) link.silence();
  }

  /** New connections are carried again. Those that hung are never heard of again, as after a router has lost them. */
  heal(): void {
    this.silent = false;
  }

  /** From now on the clients' bytes wait here, until `release`. */
  hold(): void {
    this.held = new Held();
  }

  /** Whether the bytes that wait contain this text. */
  holds(text: string): boolean {
    return this.held?.bytes.some((bytes) => bytes.includes(text)) ?? false;
  }

  release(): void {
    this.held?.release();
    this.held = undefined;
  }

  /** Every connection breaks, and new ones are refused, until `accept`. */
  async refuse(): Promise<void> {
    for (const link of this.links) link.destroy();
    await new Promise<void>((closed) => this.server.close(() => closed()));
  }

  async accept(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** The next client to send the text loses its connection after so many more bytes from the server. */
  cutNext(after: string, bytes: number): void {
    this.cuts.push({ after, bytes });
  }

  /** Of what clients send in one piece; both texts must be of the same length. */
  change(from: string, to: string, times = Infinity): void {
    this.changes.push({ from, to, times });
  }

  async close(): Promise<void> {
    for (const link of this.links) link.destroy();
    if (this.server.listening) await new Promise<void>((closed) => this.server.close(() => closed()));
  }

  private changed(bytes: Buffer): Buffer {
    return this.changes.reduce((sent, change) => {
      if (change.times === 0 || !sent.includes(change.from)) return sent;
      change.times -= 1;
      return Buffer.from(sent.toString('latin1').replace(change.from, change.to), 'latin1');
    }, bytes);
  }

  private link(client: Socket): void {
    const link = new Link(
      client,
      connect(this.target, '127.0.0.1'),
      () => this.delayMs,
      (bytes) => this.held?.keep(bytes),
      (bytes) => this.changed(bytes),
    );
    this.links.add(link);
    if (this.silent) link.silence();
    client.on('close', () => this.links.delete(link));
    client.on('data', (bytes: Buffer) => {
      const cut = this.cuts.find(({ after }) => bytes.includes(after));
      if (!cut) return;
      link.cutAfter(cut.bytes);
      this.cuts = this.cuts.filter((other) => other !== cut);
    });
  }
}

class Held {
  readonly bytes: Buffer[] = [];
  release!: () => void;
  private readonly released = new Promise<void>((resolve) => (this.release = resolve));

  keep(bytes: Buffer): Promise<void> {
    this.bytes.push(bytes);
    return this.released;
  }
}

class Link {
  private left = Infinity;
  private silenced = false;
  private sent = Promise.resolve();

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    delay: () => number,
    keep: (bytes: Buffer) => Promise<void> | undefined,
    changed: (bytes: Buffer) => Buffer,
  ) {
    client.on('error', () => undefined);
    server.on('error', () => undefined);
    client.on('close', () => server.destroy());
    server.on('close', () => !this.silenced && client.destroy());
    client.on('data', (bytes: Buffer) => {
      const arrives = Date.now() + delay();
      const released = keep(bytes);
      this.sent = this.sent.then(async () => {
        await released;
        const wait = arrives - Date.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        if (!this.silenced) server.write(changed(bytes));
      });
    });
    server.on('data', (bytes: Buffer) => {
      if (this.silenced) return;
      client.write(bytes.subarray(0, this.left));
      this.left -= bytes.length;
      if (this.left <= 0) client.end(() => this.destroy());
    });
    client.resume();
  }

  cutAfter(bytes: number): void {
    this.left = bytes;
  }

  silence(): void {
    this.silenced = true;
  }

  destroy(): void {
    this.client.destroy();
    this.server.destroy();
  }
}
