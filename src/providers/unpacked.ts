import type { IncomingMessage } from 'node:http';
import { PassThrough, pipeline, Transform, type Readable, type TransformCallback } from 'node:stream';
import * as zlib from 'node:zlib';
import { ServerError } from './errors';

/**
 * The body of an answer. Some servers, and proxies before them, compress their answers although the request asks for
 * none of it. An encoding that is no compression is the server's mistake.
 */
export function unpacked(incoming: IncomingMessage): Readable {
  const packings = incoming.headers['content-encoding']?.toLowerCase().split(',') ?? [];
  return packings.reduceRight<Readable>((body, packing) => {
    const unpack = UNPACK.get(packing.trim())?.();
    return unpack ? pipeline(body, unpack, () => undefined) : body;
  }, incoming);
}

/** A map, because a server may state any word, `constructor` too. */
const UNPACK: ReadonlyMap<string, () => Transform> = new Map([
  ['gzip', () => new ByFirstByte(gunzip)],
  ['x-gzip', () => new ByFirstByte(gunzip)],
  ['deflate', () => new ByFirstByte(inflate)],
  ['br', zlib.createBrotliDecompress],
  ['zstd', 'createZstdDecompress' in zlib ? (zlib.createZstdDecompress as () => Transform) : () => unknown('zstd')],
  ['compress', () => unknown('compress')],
]);

/** Some servers state a compression that their files have not. */
function gunzip(first: number): Transform {
  return first === 0x1f ? zlib.createGunzip() : new PassThrough();
}

/** Half of the servers leave out the frame that the standard has around this compression. */
function inflate(first: number): Transform {
  return (first & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw();
}

/** Chooses what unpacks a body when its first byte is there. */
class ByFirstByte extends Transform {
  private inner: Transform | undefined;

  constructor(private readonly choose: (first: number) => Transform) {
    super();
  }

  override _transform(bytes: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.inner ??= this.begin(bytes[0] ?? 0);
    this.inner.write(bytes, () => done());
  }

  override _flush(done: TransformCallback): void {
    if (!this.inner) return done();
    this.inner.once('end', () => done());
    this.inner.end();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.inner?.destroy();
    done(error);
  }

  /** What a small body unpacks to may be large: no more is unpacked than is read. */
  override _read(size: number): void {
    this.inner?.resume();
    super._read(size);
  }

  private begin(first: number): Transform {
    const inner = this.choose(first);
    inner.on('data', (bytes: Buffer) => {
      if (!this.push(bytes)) inner.pause();
    });
    return inner.on('error', (error) => this.destroy(error));
  }
}

function unknown(packing: string): Transform {
  const error = new ServerError(`it packed its answer as ${packing}, which this Node.js cannot unpack`);
  return new Transform({ transform: (_bytes, _encoding, done) => done(error) });
}
