import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, mkdtemp, open, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { mediaKey, StoryreelError } from '../protocol';
import type { StoredMedia } from './media-store';

const PROBE_BYTES = 4_096;

/** A file that grows below the work area, and the hash of what was written to it. */
export interface HashedFile {
  readonly path: string;
  write(bytes: Buffer): Promise<void>;
  /** The hash and the length of everything that was written. */
  sum(): { readonly sha256: string; readonly bytes: number };
  /** Resolves when the disk has it. */
  sync(): Promise<void>;
  /** Closes the file, and removes it if it still lies there. Never throws. */
  drop(): Promise<void>;
}

/** Work in progress below MEDIA_DIR: files and folders that are removed at the end, or after a crash by `remove`. */
export class WorkArea {
  private readonly folder: string;

  constructor(
    private readonly root: string,
    /** With fewer free bytes, `probe` throws. */
    private readonly leastFree: number,
  ) {
    this.folder = join(root, 'work');
  }

  /** Writes and removes a small file. Resolves with the bytes that are free. */
  async probe(): Promise<number> {
    const free = await guard(async () => {
      await mkdir(this.folder, { recursive: true });
      const draft = join(this.folder, `probe-${randomUUID()}`);
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

  newFile(): Promise<HashedFile> {
    return guard(async () => {
      const path = await this.newPath('');
      const file = await open(path, 'wx');
      const hash = createHash('sha256');
      let size = 0;
      return {
        path,
        write: (bytes) =>
          guard(async () => {
            await file.writeFile(bytes);
            hash.update(bytes);
            size += bytes.length;
          }),
        sum: () => ({ sha256: hash.copy().digest('hex'), bytes: size }),
        sync: () => guard(() => file.sync()),
        drop: async () => {
          await file.close().catch(() => undefined);
          await rm(path, { force: true }).catch(() => undefined);
        },
      };
    });
  }

  newFolder(): Promise<string> {
    return guard(async () => {
      await mkdir(this.folder, { recursive: true });
      return mkdtemp(join(this.folder, 'job-'));
    });
  }

  /** The path of a file that does not exist yet. */
  async newPath(prefix: string): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    return join(this.folder, `${prefix}${randomUUID()}`);
  }

  /** Removes what nobody has written to since `before`. Resolves with how many files and folders there were. */
  remove(before: Date): Promise<number> {
    return guard(async () => {
      let removed = 0;
      for (const name of await entriesOf(this.folder)) {
        const path = join(this.folder, name);
        if ((await lastWrite(path)) >= before) continue;
        await rm(path, { recursive: true, force: true });
        removed += 1;
      }
      return removed;
    });
  }
}

/** What a file of this machine is stored as. */
export function measured(path: string, mediaType: string): Promise<StoredMedia> {
  return guard(async () => {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    const sha256 = hash.digest('hex');
    return { key: mediaKey(sha256, mediaType), sha256, bytes: (await stat(path)).size, mediaType };
  });
}

/** Errors of the file system, and of nothing else, become `Media.Unavailable`. */
export async function guard<T>(work: () => Promise<T>): Promise<T> {
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

/** Empty if there is no such folder yet. */
export async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    isGone(error);
    return [];
  });
}

/** Throws every error but that there is no such file. */
export function isGone(error: unknown): false {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return false;
}

/** The last write to a file, or to anything below a folder: writing a file does not change the time of its folder. */
async function lastWrite(path: string): Promise<Date> {
  const entry = await lstat(path).catch(() => undefined);
  if (!entry) return new Date(0);
  if (!entry.isDirectory()) return entry.mtime;
  const below = await Promise.all((await entriesOf(path)).map((name) => lastWrite(join(path, name))));
  return new Date(Math.max(entry.mtime.getTime(), ...below.map((time) => time.getTime())));
}
