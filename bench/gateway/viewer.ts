import { connect, type Socket } from 'node:net';
import { nowMicros } from '../stand-in/clock';
import type { Ages } from './ages';
import { Chunks, READ_BYTES } from './chunks';
import type { Frame } from './frame';

/** What all viewers of a process have seen. */
export interface Seen {
  readonly ages: Ages;
  frames: number;
  lost: number;
  doubled: number;
  /** The cursors of the snapshots that came. */
  readonly snapshots: Set<string>;
  /** Microseconds from a viewer's first attempt to the end of what it had missed. */
  readonly waits: number[];
}

/** As a browser, a viewer whose connection the kernel refused in a crowd tries again. */
const AGAIN_MS = 500;

/** All sockets read into the same bytes: each read is over before the next one begins. */
const readBytes = Buffer.allocUnsafe(READ_BYTES);

/** A raw socket that reads one stream: a fetch for each would cost more than the server. */
export class Viewer {
  isReady = false;
  /** The index of the next token. */
  next = 0;
  lastId: string | undefined;
  private socket: Socket | undefined;

  constructor(
    readonly path: string,
    private readonly seen: Seen,
    private readonly onReady: () => void,
  ) {}

  /** `marks`: whether the server announces that nothing is missing; else its headers count. */
  open(port: number, { marks, withCursor = true }: { readonly marks: boolean; readonly withCursor?: boolean }): void {
    this.connect(port, marks, withCursor, nowMicros());
  }

  private connect(port: number, marks: boolean, withCursor: boolean, began: number): void {
    let head = '';
    let chunks: Chunks | undefined;
    const ready = () => {
      if (this.isReady) return;
      this.isReady = true;
      this.seen.waits.push(nowMicros() - began);
      this.onReady();
    };
    const read = (bytes: Buffer) => {
      if (!chunks) {
        head += bytes.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!/^HTTP\/1\.1 200/.test(head)) throw new Error(`${this.path} is answered with ${head.slice(0, 200)}`);
        chunks = new Chunks(/transfer-encoding: chunked/i.test(head.slice(0, end)));
        bytes = Buffer.from(head.slice(end + 4), 'latin1');
        if (!marks) ready();
      }
      for (const frame of chunks.take(bytes)) if (this.take(frame)) ready();
    };
    const onread = {
      buffer: readBytes,
      callback: (length: number) => {
        read(readBytes.subarray(0, length));
        return true;
      },
    };
    const socket = connect({ port, host: '127.0.0.1', onread });
    this.socket = socket;
    this.isReady = false;
    const cursor = withCursor && this.lastId !== undefined ? `Last-Event-ID: ${this.lastId}\r\n` : '';
    socket.write(`GET ${this.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n${cursor}\r\n`);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.isReady || this.socket !== socket) return;
      setTimeout(() => this.socket === socket && this.connect(port, marks, withCursor, began), AGAIN_MS);
    });
  }

  /** Reads no more, and stays. */
  stopReading(): void {
    this.socket?.pause();
  }

  leave(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  /** True if nothing is missing now. */
  private take({ kind, tokens, id }: Frame): boolean {
    if (id !== undefined) this.lastId = id;
    if (kind === 'snapshot') {
      // Who comes a moment later gets the same one.
      this.seen.snapshots.add(id ?? '');
      this.next = tokens.length;
      return false;
    }
    if (tokens.length === 0) return kind === 'caught up';
    this.seen.frames += 1;
    const now = nowMicros();
    for (const { index, writtenAt } of tokens) {
      if (index > this.next) this.seen.lost += index - this.next;
      if (index < this.next) this.seen.doubled += 1;
      this.next = Math.max(this.next, index + 1);
      this.seen.ages.add(now - writtenAt);
    }
    return kind === 'caught up';
  }
}
