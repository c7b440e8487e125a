import { connect, type Socket } from 'node:net';
import { nowMicros } from '../stand-in/clock';
import type { Ages } from './ages';
import { parseFrame } from './frame';

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
    const socket = connect(port, '127.0.0.1');
    this.socket = socket;
    this.isReady = false;
    socket.setEncoding('latin1');
    const cursor = withCursor && this.lastId !== undefined ? `Last-Event-ID: ${this.lastId}\r\n` : '';
    socket.write(`GET ${this.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n${cursor}\r\n`);
    let head = '';
    let body: ((data: string) => string) | undefined;
    let rest = '';
    const ready = () => {
      if (this.isReady) return;
      this.isReady = true;
      this.seen.waits.push(nowMicros() - began);
      this.onReady();
    };
    socket.on('data', (data: string) => {
      if (!body) {
        head += data;
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!/^HTTP\/1\.1 200/.test(head)) throw new Error(`${this.path} is answered with ${head.slice(0, 200)}`);
        body = /transfer-encoding: chunked/i.test(head.slice(0, end)) ? withoutChunks() : (text) => text;
        data = head.slice(end + 4);
        if (!marks) ready();
      }
      const frames = (rest + body(data)).split(/\r?\n\r?\n/);
      rest = frames.pop() ?? '';
      for (const text of frames) if (this.take(text)) ready();
    });
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
  private take(text: string): boolean {
    const { kind, tokens, id } = parseFrame(text);
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

/** Takes the chunks of HTTP/1.1 away. Characters are bytes here. */
function withoutChunks(): (data: string) => string {
  let rest = '';
  return (data) => {
    rest += data;
    let text = '';
    for (;;) {
      const end = rest.indexOf('\r\n');
      const size = parseInt(rest.slice(0, Math.max(end, 0)), 16);
      if (end < 0 || rest.length < end + 2 + size + 2) return text;
      text += rest.slice(end + 2, end + 2 + size);
      rest = rest.slice(end + 2 + size + 2);
    }
  };
}
