import { parseFrame, type Frame } from './frame';

/** More than one read of a socket takes. */
export const READ_BYTES = 65_536;

/** The latest read of each length, with its frames. */
const known = new Map<number, { readonly bytes: Buffer; readonly frames: readonly Frame[] }>();

/**
 * The frames of one body, read by read. Viewers of a story get the same bytes, and mostly in the same reads. A read that
 * another viewer has had is compared and not parsed, or the readers would cost more than the servers that they measure.
 */
export class Chunks {
  private rest = '';
  private readonly plain: PlainBody;

  /** `isChunked`: the body has the chunks of HTTP/1.1. */
  constructor(isChunked: boolean) {
    this.plain = isChunked ? new ChunkedBody() : wholeBody;
  }

  /** The bytes are the caller's again afterwards. */
  take(bytes: Buffer): readonly Frame[] {
    if (!this.isBetweenFrames) return this.parse(bytes);
    const same = known.get(bytes.length);
    if (same?.bytes.equals(bytes)) return same.frames;
    const frames = this.parse(bytes);
    if (this.isBetweenFrames) known.set(bytes.length, { bytes: Buffer.from(bytes), frames });
    return frames;
  }

  private get isBetweenFrames(): boolean {
    return this.rest === '' && this.plain.isBetweenChunks;
  }

  /** Characters are bytes here. */
  private parse(bytes: Buffer): readonly Frame[] {
    const frames = (this.rest + this.plain.of(bytes.toString('latin1'))).split(/\r?\n\r?\n/);
    this.rest = frames.pop() ?? '';
    return frames.map(parseFrame);
  }
}

interface PlainBody {
  readonly isBetweenChunks: boolean;
  of(data: string): string;
}

const wholeBody: PlainBody = { isBetweenChunks: true, of: (data) => data };

/** Takes the chunks of HTTP/1.1 away. */
class ChunkedBody implements PlainBody {
  private rest = '';

  get isBetweenChunks(): boolean {
    return this.rest === '';
  }

  of(data: string): string {
    this.rest += data;
    let text = '';
    for (;;) {
      const end = this.rest.indexOf('\r\n');
      const size = parseInt(this.rest.slice(0, Math.max(end, 0)), 16);
      if (end < 0 || this.rest.length < end + 2 + size + 2) return text;
      text += this.rest.slice(end + 2, end + 2 + size);
      this.rest = this.rest.slice(end + 2 + size + 2);
    }
  }
}
