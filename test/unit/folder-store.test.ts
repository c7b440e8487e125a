import { createHash } from 'node:crypto';
import { chmod, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderStore, mediaKey, type FoundMedia, type StoredMedia } from '../../src/storage';
import { describeMediaStore } from '../support/media-store-contract';
import { newFolder } from '../support/new-folder';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const unavailable = { type: 'Media.Unavailable', message: expect.stringContaining('MEDIA_DIR') as string };

let folder: string;
let store: FolderStore;

beforeEach(async () => {
  folder = newFolder();
  store = new FolderStore(folder);
});

describeMediaStore('a folder', 'MEDIA_DIR', () => store);

describe('Files in the folder', () => {
  async function age(key: string): Promise<void> {
    const day = new Date(Date.now() - 86_400_000);
    await utimes(join(folder, key), day, day);
  }

  /** Files with their place in the folder. */
  async function files(): Promise<string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  test('are stored once, however often the same bytes come', async () => {
    const bytes = Buffer.alloc(100_000, 'x');
    const first = await store.put(bytes, 'video/mp4');
    const { ino } = await stat(await store.localPath(first.key));
    const again = await Promise.all(Array.from({ length: 10 }, () => store.put(bytes, 'video/mp4')));
    expect(new Set(again.map(({ key }) => key))).toEqual(new Set([first.key]));
    expect(await stat(await store.localPath(first.key))).toMatchObject({ ino });
    expect(await files()).toHaveLength(1);
  });

  test('are never seen half-written, also while many write the same', async () => {
    const bytes = Buffer.alloc(4_000_000, 'x');
    const key = mediaKey(sha256(bytes), 'video/mp4');
    let writing = true;
    const looking = (async () => {
      const sizes = new Set<number>();
      while (writing) {
        const found = await stat(join(folder, key)).catch(() => undefined);
        if (found) sizes.add(found.size);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return sizes;
    })();
    await Promise.all(Array.from({ length: 5 }, () => store.put(bytes, 'video/mp4')));
    writing = false;
    for (const size of await looking) expect(size).toBe(bytes.length);
    expect(await files()).toEqual([join(folder, key)]);
  });

  test('that a crash had left half-written are written again', async () => {
    const bytes = Buffer.from('a whole picture');
    const { key } = await store.put(bytes, 'image/png');
    await writeFile(join(folder, key), 'a who');
    await store.put(bytes, 'image/png');
    expect(await store.read(key)).toEqual(bytes);
  });

  test('are listed without anything else that lies there', async () => {
    const stored = await Promise.all(['a', 'b', 'c'].map((text) => store.put(Buffer.from(text), 'image/png')));
    await store.workFolder();
    await writeFile(join(folder, 'README'), 'not ours');
    await writeFile(join(folder, (stored[0]?.key ?? '').slice(0, 2), 'thumbs.db'), 'not ours');
    const found: FoundMedia[] = [];
    for await (const file of store.list()) found.push(file);
    const keys = (media: readonly (StoredMedia | FoundMedia)[]) => media.map(({ key }) => key).sort();
    expect(keys(found)).toEqual(keys(stored));
    for await (const file of new FolderStore(join(folder, 'not-there')).list()) expect(file).toBeUndefined();
  });

  test('are removed only if nobody has stored them since, anew or again', async () => {
    const bytes = Buffer.from('a picture');
    const { key } = await store.put(bytes, 'image/png');
    await age(key);
    const before = new Date(Date.now() - 1_000);
    await store.put(bytes, 'image/png');
    expect(await store.remove(key, before)).toBe(false);
    expect(await store.read(key)).toEqual(bytes);

    await age(key);
    const work = await store.workFolder();
    await writeFile(join(work, 'film.mp4'), bytes);
    await store.take(join(work, 'film.mp4'), 'image/png');
    expect(await store.remove(key, before)).toBe(false);

    await age(key);
    expect(await store.remove(key, before)).toBe(true);
    expect(await store.has(key)).toBe(false);
    expect(await store.remove(key, before)).toBe(false);
    await rm(work, { recursive: true });
    expect(await files()).toEqual([]);
  });

  test('that are stored again at any moment of their removal are there', async () => {
    // How many steps of the removal are over when it is stored again differs from round to round.
    const rounds = Array.from({ length: 160 }, (_, i) => ({ bytes: Buffer.from(`picture ${i}`), later: i % 8 }));
    for (const { bytes, later } of rounds) {
      const { key } = await store.put(bytes, 'image/png');
      await age(key);
      const removing = store.remove(key, new Date(Date.now() - 1_000));
      for (let i = 0; i < later; i++) await stat(folder);
      await Promise.all([store.put(bytes, 'image/png'), removing]);
      expect(await store.read(key)).toEqual(bytes);
    }
    expect(await files()).toHaveLength(rounds.length);
  });

  test('in the making are removed when nobody has written to them for long', async () => {
    const [left, used] = [await store.workFolder(), await store.workFolder()];
    await writeFile(join(left, 'film.mp4'), 'half');
    await writeFile(join(used, 'film.mp4'), 'half');
    const day = new Date(Date.now() - 86_400_000);
    for (const path of [join(left, 'film.mp4'), left, used]) await utimes(path, day, day);
    expect(await store.removeWork(new Date(Date.now() - 3_600_000))).toBe(1);
    expect(await files()).toEqual([join(used, 'film.mp4')]);
  });

  test('in a folder that cannot be written are Media.Unavailable, whoever asks', async () => {
    // A file in its place refuses everyone, also the superuser; the mode refuses all others.
    await writeFile(join(folder, 'occupied'), '');
    await chmod(join(folder, 'occupied'), 0o444);
    const refused = new FolderStore(join(folder, 'occupied', 'media'));
    await expect(refused.put(Buffer.from('x'), 'image/png')).rejects.toMatchObject(unavailable);
    await expect(refused.workFolder()).rejects.toMatchObject(unavailable);
    await expect(refused.read('ab/x.png')).rejects.toMatchObject(unavailable);
  });

  test('that cannot be put in their place leave no draft behind', async () => {
    const bytes = Buffer.from('a picture');
    await writeFile(join(folder, sha256(bytes).slice(0, 2)), 'in the way');
    await expect(store.put(bytes, 'image/png')).rejects.toMatchObject(unavailable);
    expect(await files()).toHaveLength(1);
  });
});
