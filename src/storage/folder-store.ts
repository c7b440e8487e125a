import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, mkdtemp, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { StoryreelError } from '../protocol';
import { mediaKey, type MediaStore, type StoredMedia } from './media-store';

/** Media in a folder of this machine, or one that all workers mount. */
export class FolderStore implements MediaStore {
  private readonly root: string;

  constructor(folder: string) {
    this.root = resolve(folder);
  }

  async put(bytes: Buffer, mediaType: string): Promise<StoredMedia> {
    return this.guard(async () => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const media = { key: mediaKey(sha256, mediaType), sha256, bytes: bytes.length, mediaType };
      if (await this.has(media)) return media;
      await mkdir(join(this.root, 'work'), { recursive: true });
      const draft = join(this.root, 'work', randomUUID());
      try {
        const file = await open(draft, 'wx');
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await this.settle(draft, media.key);
      } finally {
        await rm(draft, { force: true });
      }
      return media;
    });
  }

  async take(path: string, mediaType: string): Promise<StoredMedia> {
    return this.guard(async () => {
      const hash = createHash('sha256');
      await pipeline(createReadStream(path), hash);
      const sha256 = hash.digest('hex');
      const { size } = await stat(path);
      const media = { key: mediaKey(sha256, mediaType), sha256, bytes: size, mediaType };
      if (!(await this.has(media))) await this.settle(path, media.key);
      return media;
    });
  }

  read(key: string): Promise<Buffer> {
    return this.guard(() => readFile(join(this.root, key)));
  }

  localPath(key: string): Promise<string> {
    return this.guard(async () => {
      const path = join(this.root, key);
      await access(path);
      return path;
    });
  }

  workFolder(): Promise<string> {
    return this.guard(async () => {
      await mkdir(join(this.root, 'work'), { recursive: true });
      return mkdtemp(join(this.root, 'work', 'job-'));
    });
  }

  private async has(media: StoredMedia): Promise<boolean> {
    const found = await stat(join(this.root, media.key)).catch(() => undefined);
    return found?.size === media.bytes;
  }

  private async settle(draft: string, key: string): Promise<void> {
    const path = join(this.root, key);
    await mkdir(dirname(path), { recursive: true });
    await rename(draft, path);
  }

  private async guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (!code || !syscall) throw error;
      throw new StoryreelError(
        'Media.Unavailable',
        `The media folder cannot be used (${code} on ${syscall}). Check that MEDIA_DIR exists, is writable and has room.`,
        { cause: error },
      );
    }
  }
}
