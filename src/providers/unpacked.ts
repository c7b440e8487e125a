import type { IncomingMessage } from 'node:http';
import { pipeline, Transform, type Readable, type TransformCallback } from 'node:stream';
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
  ['gzip', zlib.createGunzip],
  ['x-gzip', zlib.createGunzip],
  ['deflate', () => new Inflate()],
  ['br', zlib.createBrotliDecompress],
  ['zstd', 'createZstdDecompress' in zlib ? (zlib.createZstdDecompress as () => Transform) : () => unknown('zstd')],
  ['compress', () => unknown('compress')],
]);

/** Half of the servers leave out the frame that the standard has around this compression. */
class Inflate extends Transform {
  private inner: zlib.Inflate | zlib.InflateRaw | undefined;

  override _transform(bytes: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.inner ??= this.begin(((bytes[0] ?? 0) & 0x0f) === 8);
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

  private begin(isFramed: boolean) {
    return (isFramed ? zlib.createInflate() : zlib.createInflateRaw())
      .on('data', (bytes: Buffer) => void this.push(bytes))
      .on('error', (error) => this.destroy(error));
  }
}

function unknown(packing: string): Transform {
  const error = new ServerError(`it packed its answer as ${packing}, which this Node.js cannot unpack`);
  return new Transform({ transform: (_bytes, _encoding, done) => done(error) });
}
