import type { TakeBytes } from './ports';

/** The content type promises a message. It is not reliable: clips come as text, and messages as clips. */
const SAYS_TEXT = /^\s*(?:text\/|application\/(?:\w+\+)?json)/i;
/** The first sign of a JSON object or list, or of a page; no clip begins so. */
const BEGINS_A_TEXT = /^(?:\xef\xbb\xbf)?\s*[{[<]/;
/** No text has such signs; the beginning of a clip has, in every format. */
const BINARY = /^RIFF|[\0-\x08\x0e-\x1a]/;
const HEAD_BYTES = 12;

/** Passes on the bytes of a clip as they come, and keeps the message that may come in its place. */
export class ClipBody {
  private readonly saysText: boolean;
  private kind: 'unknown' | 'clip' | 'message' = 'unknown';
  private held: Buffer[] = [];
  private size = 0;

  constructor(
    private readonly take: TakeBytes,
    contentType: string | null,
    /** So many bytes of a message are kept. */
    private readonly mostBytes: number,
  ) {
    this.saysText = SAYS_TEXT.test(contentType ?? '');
  }

  async push(bytes: Buffer): Promise<void> {
    if (this.kind === 'clip') return this.take(bytes);
    if (this.size < this.mostBytes) this.held.push(bytes);
    this.size += bytes.length;
    if (this.kind === 'unknown' && this.size >= HEAD_BYTES) await this.decide();
  }

  /** The message that came in place of the clip; empty if nothing came. Undefined if a clip came. */
  async end(): Promise<string | undefined> {
    if (this.kind === 'unknown' && this.size > 0) await this.decide();
    if (this.kind === 'clip') return undefined;
    return Buffer.concat(this.held).subarray(0, this.mostBytes).toString('utf8');
  }

  private async decide(): Promise<void> {
    const all = Buffer.concat(this.held);
    const head = all.toString('latin1', 0, 100);
    this.kind = BEGINS_A_TEXT.test(head) || (this.saysText && !BINARY.test(head)) ? 'message' : 'clip';
    if (this.kind === 'message') return;
    this.held = [];
    await this.take(all);
  }
}
