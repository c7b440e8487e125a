import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/** Raw sockets that read one stream: a fetch for each would cost more than the gateway. */
export interface ReaderTask {
  readonly port: number;
  readonly path: string;
  readonly viewers: number;
}

export interface ReaderResult {
  /** Milliseconds from the log (or the loop's write) to the reader, each frame of each viewer. */
  readonly ages: readonly number[];
  /** Bytes of text that each viewer has. */
  readonly bytes: readonly number[];
  /** Frames that did not continue the text: bytes were lost, or came twice. */
  readonly lost: number;
  readonly doubled: number;
}

interface Token {
  /** Undefined of a snapshot, which replaces the text. */
  readonly offset: number | undefined;
  readonly end: number;
  readonly timestamp: number;
}

const { port, path, viewers } = workerData as ReaderTask;
const ages: number[] = [];
const bytes = Array.from({ length: viewers }, () => 0);
/** All viewers get the same bytes: each frame is parsed once. */
const parsed = new Map<string, Token | undefined>();
let lost = 0;
let doubled = 0;
let begun = 0;

for (let viewer = 0; viewer < viewers; viewer += 1) {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('utf8');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n\r\n`);
  let rest = '';
  let isOpen = false;
  socket.on('data', (data: string) => {
    const now = Date.now();
    const frames = (rest + data).split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) {
      if (!isOpen && frame.includes('"caught_up"')) {
        isOpen = true;
        begun += 1;
        if (begun === viewers) parentPort?.postMessage('begun');
      }
      take(viewer, frame, now);
    }
  });
  socket.on('error', () => (lost += 1));
}

function take(viewer: number, frame: string, now: number): void {
  const token = tokenOf(frame);
  if (!token) return;
  const held = bytes[viewer] ?? 0;
  bytes[viewer] = token.end;
  if (token.offset === undefined) return;
  if (token.offset > held) lost += 1;
  else if (token.offset < held) doubled += 1;
  ages.push(now - token.timestamp * 1000);
}

function tokenOf(frame: string): Token | undefined {
  if (parsed.has(frame)) return parsed.get(frame);
  if (parsed.size > 1_000) parsed.clear();
  const data = /^data: (.*)$/m.exec(frame)?.[1];
  const event = JSON.parse(data ?? '{}') as {
    readonly type?: string;
    readonly offset: number;
    readonly content: string;
    readonly timestamp: number;
    readonly lanes: Readonly<Record<string, { readonly offset: number }>>;
  };
  const { type, offset, content, timestamp, lanes } = event;
  let token: Token | undefined;
  if (type === 'token') token = { offset, end: offset + Buffer.byteLength(content), timestamp };
  else if (type === 'snapshot') token = { offset: undefined, end: lanes['rewrite']?.offset ?? 0, timestamp };
  parsed.set(frame, token);
  return token;
}

parentPort?.once('message', () => {
  parentPort?.postMessage({ ages, bytes, lost, doubled } satisfies ReaderResult);
});
