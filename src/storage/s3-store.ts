import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join, resolve } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { mediaKey, sha256OfKey, StoryreelError } from '../protocol';
import type { ByteRange, FoundMedia, MediaDraft, MediaStore, StoredMedia } from './media-store';
import { lost, type Bucket, type Stored } from './s3-bucket';
import { guard, measured, WorkArea } from './work-area';

const REMOVING = 'removing/';
const BYTES = 'application/octet-stream';
/** After so long, who removes an object has ended or given up. Its last request is given up after half of it. */
const REMOVAL_MS = 60_000;
const LOOK_AGAIN_MS = 200;
const STORE_TRIES = 3;

/** Media in an S3-compatible bucket. What programs work on is copied to MEDIA_DIR, and leaves it with the work folder. */
export class S3Store implements MediaStore {
  private readonly work: WorkArea;

  constructor(
    private readonly bucket: Bucket,
    folder: string,
    leastFree = 0,
    private readonly removalMs = REMOVAL_MS,
  ) {
    this.work = new WorkArea(resolve(folder), leastFree);
  }

  async probe(): Promise<number> {
    const free = await this.work.probe();
    // As the mark of a medium that nobody has, it is removed after a crash. Each is another: some servers take one write of
    // a key a second.
    const key = REMOVING + mediaKey(sha256Of(Buffer.from(randomUUID())), BYTES);
    await this.write(key);
    await this.bucket.remove(key);
    // Who may not list is refused here: to others, S3 states that it is not there.
    await this.bucket.find(key);
    return free;
  }

  async put(bytes: Buffer, mediaType: string): Promise<StoredMedia> {
    const sha256 = sha256Of(bytes);
    const media = { key: mediaKey(sha256, mediaType), sha256, bytes: bytes.length, mediaType };
    await this.store(media, () => bytes);
    return media;
  }

  async draft(): Promise<MediaDraft> {
    const file = await this.work.newFile();
    const keep = async (mediaType: string) => {
      const sum = file.sum();
      const media = { key: mediaKey(sum.sha256, mediaType), ...sum, mediaType };
      await this.store(media, () => createReadStream(file.path));
      return media;
    };
    return { ...file, keep };
  }

  async take(path: string, mediaType: string): Promise<StoredMedia> {
    const media = await measured(path, mediaType);
    await this.store(media, () => createReadStream(path));
    return media;
  }

  async read(key: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    const whole = await this.stream(key);
    await this.received(pipeline(whole, hashed(key), collect(chunks)));
    return Buffer.concat(chunks);
  }

  stream(key: string, range: ByteRange = {}): Promise<Readable> {
    return this.bucket.get(key, range);
  }

  async localPath(key: string, folder: string): Promise<string> {
    const path = join(folder, key.replace('/', '-'));
    const whole = await this.stream(key);
    await this.received(pipeline(whole, hashed(key), createWriteStream(path)));
    return path;
  }

  workFolder(): Promise<string> {
    return this.work.newFolder();
  }

  async has(key: string): Promise<boolean> {
    return (await this.bucket.find(key)) !== undefined;
  }

  async *list(): AsyncGenerator<FoundMedia> {
    for await (const { key, bytes, storedAt } of this.bucket.list()) {
      const sha256 = sha256OfKey(key);
      if (sha256 !== undefined) yield { key, sha256, bytes, storedAt };
    }
  }

  /**
   * Who stores the object writes it, waits until it has no mark, and then looks whether it is there. Who removes it writes the
   * mark, and then looks at the object's time. So one of the two sees the other: it is kept, or it is stored again.
   */
  async remove(key: string, before: Date): Promise<boolean> {
    const mark = REMOVING + key;
    if (!isOld(await this.bucket.find(key), before)) return false;
    await this.write(mark);
    const deadline = Date.now() + this.removalMs / 2;
    const found = await this.bucket.find(key);
    // A process that slept in between may remove nothing: nobody counts on its mark any more.
    const msLeft = deadline - Date.now();
    const isRemoved = isOld(found, before) && msLeft > 0;
    // If this fails, the object may still be removed a little later. So the mark stays.
    if (isRemoved) await this.bucket.remove(key, AbortSignal.timeout(msLeft));
    await this.bucket.remove(mark);
    return isRemoved;
  }

  async removeWork(before: Date): Promise<number> {
    let removed = await this.work.remove(before);
    for await (const { key, storedAt } of this.bucket.list(REMOVING)) {
      if (storedAt >= before || !isOurs(key.slice(REMOVING.length))) continue;
      await this.bucket.remove(key);
      removed += 1;
    }
    return removed + (await this.bucket.abortUploads(before, isOurs));
  }

  /** Writes an object whose content does not matter. */
  private write(key: string): Promise<void> {
    const byte = Buffer.alloc(1);
    return this.bucket.put(key, byte, byte.length, sha256Of(byte), BYTES);
  }

  /** Leaves the object in the bucket, whole and with the time of now, also while somebody removes the one that was there. */
  private async store({ key, bytes, sha256, mediaType }: StoredMedia, body: () => Buffer | Readable): Promise<void> {
    for (let tries = 1; ; tries++) {
      const found = await this.bucket.find(key);
      const isThere = found?.bytes === bytes && (await this.bucket.touch(found, mediaType));
      if (!isThere) await this.bucket.put(key, body(), bytes, sha256, mediaType);
      if (!(await this.isRemoved(key))) return;
      if (tries === STORE_TRIES) {
        throw new StoryreelError('Media.Unavailable', 'The object of a medium was removed while it was stored.');
      }
    }
  }

  /** Waits while somebody is removing the object, then looks whether it is gone. Later removals see its new time. */
  private async isRemoved(key: string): Promise<boolean> {
    for (const from = Date.now(); Date.now() - from < this.removalMs; await sleep(LOOK_AGAIN_MS)) {
      if (!(await this.bucket.find(REMOVING + key))) break;
    }
    return (await this.bucket.find(key)) === undefined;
  }

  /** What fails on the way from the bucket, or on our own disk. */
  private received(copied: Promise<void>): Promise<void> {
    return guard(() => copied).catch((error: unknown) => {
      throw error instanceof StoryreelError ? error : this.bucket.failure(error);
    });
  }
}

function isOld(found: Stored | undefined, before: Date): boolean {
  return found !== undefined && found.storedAt < before;
}

/** Others may put files beside ours. */
function isOurs(key: string): boolean {
  return sha256OfKey(key) !== undefined;
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Lets the bytes through, and fails at the end unless they are those that the key names. */
function hashed(key: string): Transform {
  const hash = createHash('sha256');
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const isRight = sha256OfKey(key) === hash.digest('hex');
      done(isRight ? null : lost(`The object ${key} holds other bytes than its hash names.`));
    },
  });
}

function collect(chunks: Buffer[]): (source: AsyncIterable<Buffer>) => Promise<void> {
  return async (source) => {
    for await (const chunk of source) chunks.push(chunk);
  };
}
