import { isIP, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Transport } from './tls-plan';

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

interface Negotiation {
  readonly transport: Transport;
  readonly options: ConnectionOptions;
  readonly direct: boolean;
}

/**
 * A connection to a Postgres server that emits `connect` after its negotiation, as plain text or TLS according to the
 * plan. The driver does not support a server that may or may not offer TLS, so it gets this object as its socket.
 */
export class NegotiatedSocket extends Duplex {
  private readonly raw = new Socket();
  private inner: Duplex | undefined;

  constructor(private readonly negotiation: Negotiation) {
    super();
    this.raw.on('error', (error) => this.destroy(error));
    this.raw.on('close', () => this.destroy());
  }

  /** With one argument, connects to a socket in the file system, which has no TLS. */
  connect(port: number | string, host?: string): this {
    const { transport, direct } = this.negotiation;
    if (host === undefined) this.raw.connect(String(port));
    else this.raw.connect(Number(port), host);
    this.raw.once('connect', () => {
      if (host === undefined || transport === 'plain') this.open(this.raw);
      else if (direct) this.encrypt(host);
      else this.ask(host);
    });
    return this;
  }

  setNoDelay(on: boolean): this {
    this.raw.setNoDelay(on);
    return this;
  }

  setKeepAlive(on: boolean, afterMs: number): this {
    this.raw.setKeepAlive(on, afterMs);
    return this;
  }

  ref(): this {
    this.raw.ref();
    return this;
  }

  unref(): this {
    this.raw.unref();
    return this;
  }

  override _read(): void {
    this.inner?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    (this.inner ?? this.raw).write(chunk, done);
  }

  /** The driver sends a statement in five messages, which leave in one packet. */
  override _writev(chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    (this.inner ?? this.raw).write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    (this.inner ?? this.raw).end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.inner?.destroy();
    this.raw.destroy();
    done(error);
  }

  private ask(host: string): void {
    this.raw.once('data', (answer: Buffer) => {
      const reply = answer.toString('latin1');
      // More than this one byte would have been put there by somebody in between.
      if (reply === 'S') this.encrypt(host);
      else if (reply === 'N' && this.negotiation.transport === 'either') this.open(this.raw);
      else if (reply === 'N') this.destroy(new Error('The server offers no TLS, which sslmode asks for'));
      else this.destroy(new Error('The server does not know how to negotiate TLS'));
    });
    this.raw.write(SSL_REQUEST);
  }

  private encrypt(host: string): void {
    const { options, direct } = this.negotiation;
    const socket = connectTls({
      ...options,
      socket: this.raw,
      host,
      ...(isIP(host) === 0 && { servername: host }),
      ...(direct && { ALPNProtocols: ['postgresql'] }),
    });
    socket.on('error', (error: Error) => this.destroy(error));
    socket.once('secureConnect', () => this.open(socket));
  }

  private open(socket: Duplex): void {
    this.inner = socket;
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('close', () => this.destroy());
    this.emit('connect');
  }
}
