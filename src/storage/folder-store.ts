import { createHash } from 'node:crypto';
import { access, lstat, mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { MEDIA_FOLDER, mediaKey, sha256OfKey } from '../protocol';
import type { ByteRange, FoundMedia, MediaDraft, MediaStore, StoredMedia } from './media-store';
import { entriesOf, guard, isGone, measured, WorkArea } from './work-area';

/** Media in a folder of this machine, or one that all workers mount. */
export class FolderStore implements MediaStore {
  private readonly root: string;
  private readonly work: WorkArea;

  constructor(folder: string, leastFree = 0) {
    this.root = resolve(folder);
    this.work = new WorkArea(this.root, leastFree);
  }

  probe(): Promise<number> {
    return this.work.probe();
  }

  async put(bytes: Buffer, mediaType: string): Promise<StoredMedia> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const media = { key: mediaKey(sha256, mediaType), sha256, bytes: bytes.length, mediaType };
    if (await this.refresh(media)) return media;
    const draft = await this.draft();
    try {
      await draft.write(bytes);
      return await draft.keep(mediaType);
    } finally {
      await draft.drop();
    }
  }

  async draft(): Promise<MediaDraft> {
    const file = await this.work.newFile();
    const keep = async (mediaType: string) => {
      const sum = file.sum();
      const media = { key: mediaKey(sum.sha256, mediaType), ...sum, mediaType };
      if (await this.refresh(media)) return media;
      await file.sync();
      await this.settle(file.path, media.key);
      return media;
    };
    return { ...file, keep: (mediaType) => guard(() => keep(mediaType)) };
  }

  async take(path: string, mediaType: string): Promise<StoredMedia> {
    const media = await measured(path, mediaType);
    if (!(await this.refresh(media))) await guard(() => this.settle(path, media.key));
    return media;
  }

  read(key: string): Promise<Buffer> {
    return guard(() => readFile(join(this.root, key)));
  }

  stream(key: string, range: ByteRange = {}): Promise<Readable> {
    return guard(async () => (await open(join(this.root, key))).createReadStream(range));
  }

  localPath(key: string): Promise<string> {
    return guard(async () => {
      const path = join(this.root, key);
      await access(path);
      return path;
    });
  }

  workFolder(): Promise<string> {
    return this.work.newFolder();
  }

  async has(key: string): Promise<boolean> {
    return (await lstat(join(this.root, key)).catch(() => undefined)) !== undefined;
  }

  async *list(): AsyncGenerator<FoundMedia> {
    for (const folder of await guard(() => entriesOf(this.root))) {
      if (!MEDIA_FOLDER.test(folder)) continue;
      for (const name of await guard(() => entriesOf(join(this.root, folder)))) {
        const key = `${folder}/${name}`;
        const sha256 = sha256OfKey(key);
        // A file that is removed meanwhile does not count.
        const found = sha256 && (await lstat(join(this.root, key)).catch(() => undefined));
        if (found && found.isFile()) yield { key, sha256, bytes: found.size, storedAt: found.mtime };
      }
    }
  }

  async remove(key: string, before: Date): Promise<boolean> {
    return guard(async () => {
      const path = join(this.root, key);
      const aside = await this.work.newPath('removed-');
      // The file is moved away first: a writer that stores it from now on does not find it and writes it again.
      if (!(await rename(path, aside).then(() => true, isGone))) return false;
      // A writer that has just stored the file relies on it, and has updated its time.
      if ((await stat(aside)).mtime >= before) {
        await rename(aside, path);
        return false;
      }
      await rm(aside, { force: true });
      return true;
    });
  }

  removeWork(before: Date): Promise<number> {
    return this.work.remove(before);
  }

  /** Whether the complete file exists. Its time is set to now, so that it is not removed before its row exists. */
  private async refresh(media: StoredMedia): Promise<boolean> {
    const path = join(this.root, media.key);
    const found = await stat(path).catch(() => undefined);
    if (found?.size !== media.bytes) return false;
    const now = new Date();
    // Another user's file can be replaced, but not touched.
    return utimes(path, now, now).then(
      () => true,
      () => false,
    );
  }

  private async settle(draft: string, key: string): Promise<void> {
    const path = join(this.root, key);
    await mkdir(dirname(path), { recursive: true });
    await rename(draft, path);
  }
}
