import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  access,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { mediaKey, StoryreelError } from '../protocol';
import type { FoundMedia, MediaDraft, MediaStore, StoredMedia } from './media-store';

const PROBE_BYTES = 4_096;

/** Media in a folder of this machine, or one that all workers mount. */
export class FolderStore implements MediaStore {
  private readonly root: string;

  constructor(
    folder: string,
    /** If less room than this is free, nothing more is paid. */
    private readonly leastFree = 0,
  ) {
    this.root = resolve(folder);
  }

  async probe(): Promise<number> {
    const free = await this.guard(async () => {
      await mkdir(join(this.root, 'work'), { recursive: true });
      const draft = join(this.root, 'work', `probe-${randomUUID()}`);
      try {
        await writeFile(draft, Buffer.alloc(PROBE_BYTES), { flush: true });
        // Tests that a file can be moved to the others. No stored file ever has this name.
        await rename(draft, join(this.root, 'probe'));
        await rm(join(this.root, 'probe'), { force: true });
      } finally {
        await rm(draft, { force: true });
      }
      const { bavail, bsize } = await statfs(this.root);
      return bavail * bsize;
    });
    if (free >= this.leastFree) return free;
    throw new StoryreelError(
      'Media.Unavailable',
      `The media folder has room for ${Math.floor(free / 1e6)} MB only. Make room in MEDIA_DIR, or lower MEDIA_FREE_MB.`,
      { cause: Object.assign(new Error('less than MEDIA_FREE_MB is free'), { code: 'ENOSPC' }) },
    );
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
    return this.guard(async () => {
      await mkdir(join(this.root, 'work'), { recursive: true });
      const path = join(this.root, 'work', randomUUID());
      const file = await open(path, 'wx');
      const hash = createHash('sha256');
      let size = 0;
      return {
        path,
        write: (bytes) =>
          this.guard(async () => {
            await file.writeFile(bytes);
            hash.update(bytes);
            size += bytes.length;
          }),
        keep: (mediaType) =>
          this.guard(async () => {
            const sha256 = hash.copy().digest('hex');
            const media = { key: mediaKey(sha256, mediaType), sha256, bytes: size, mediaType };
            if (await this.refresh(media)) return media;
            await file.sync();
            await this.settle(path, media.key);
            return media;
          }),
        drop: async () => {
          await file.close().catch(() => undefined);
          await rm(path, { force: true }).catch(() => undefined);
        },
      };
    });
  }

  async take(path: string, mediaType: string): Promise<StoredMedia> {
    return this.guard(async () => {
      const hash = createHash('sha256');
      await pipeline(createReadStream(path), hash);
      const sha256 = hash.digest('hex');
      const { size } = await stat(path);
      const media = { key: mediaKey(sha256, mediaType), sha256, bytes: size, mediaType };
      if (!(await this.refresh(media))) await this.settle(path, media.key);
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

  async has(key: string): Promise<boolean> {
    return (await lstat(join(this.root, key)).catch(() => undefined)) !== undefined;
  }

  async *list(): AsyncGenerator<FoundMedia> {
    for (const folder of await this.guard(() => entriesOf(this.root))) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue;
      for (const name of await this.guard(() => entriesOf(join(this.root, folder)))) {
        const sha256 = /^([0-9a-f]{64})\.\w+$/.exec(name)?.[1];
        // A file that is removed meanwhile does not count.
        const found = sha256 && (await lstat(join(this.root, folder, name)).catch(() => undefined));
        if (found && found.isFile()) {
          yield { key: `${folder}/${name}`, sha256, bytes: found.size, storedAt: found.mtime };
        }
      }
    }
  }

  async remove(key: string, before: Date): Promise<boolean> {
    return this.guard(async () => {
      const path = join(this.root, key);
      const aside = join(this.root, 'work', `removed-${randomUUID()}`);
      await mkdir(join(this.root, 'work'), { recursive: true });
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

  async removeWork(before: Date): Promise<number> {
    return this.guard(async () => {
      const work = join(this.root, 'work');
      let removed = 0;
      for (const name of await entriesOf(work)) {
        const path = join(work, name);
        if ((await lastWrite(path)) >= before) continue;
        await rm(path, { recursive: true, force: true });
        removed += 1;
      }
      return removed;
    });
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

/** Empty if there is no such folder yet. */
async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    isGone(error);
    return [];
  });
}

/** The last write to a file, or to anything below a folder: writing a file does not change the time of its folder. */
async function lastWrite(path: string): Promise<Date> {
  const entry = await lstat(path).catch(() => undefined);
  if (!entry) return new Date(0);
  if (!entry.isDirectory()) return entry.mtime;
  const below = await Promise.all((await entriesOf(path)).map((name) => lastWrite(join(path, name))));
  return new Date(Math.max(entry.mtime.getTime(), ...below.map((time) => time.getTime())));
}

function isGone(error: unknown): false {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return false;
}
