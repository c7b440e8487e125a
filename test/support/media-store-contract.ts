import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { mediaKey, type FoundMedia, type MediaStore, type StoredMedia } from '../../src/storage';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** What every store of media does, whatever it stores them in. */
export function describeMediaStore(name: string, setting: string, opened: () => MediaStore): void {
  describe(`Media in ${name}`, () => {
    let store: MediaStore;
    let work: string;

    beforeEach(async () => {
      store = opened();
      work = await store.workFolder();
    });
    afterEach(() => rm(work, { recursive: true, force: true }));

    test('lie under the hash of their content, and are read back byte for byte', async () => {
      const bytes = Buffer.from([0, 255, 137, 80]);
      const media = await store.put(bytes, 'image/png');
      const hash = sha256(bytes);
      expect(media).toEqual({ key: `${hash.slice(0, 2)}/${hash}.png`, sha256: hash, bytes: 4, mediaType: 'image/png' });
      expect(media.key).toBe(mediaKey(hash, 'image/png'));
      expect(await store.read(media.key)).toEqual(bytes);
      expect(await readFile(await store.localPath(media.key, work))).toEqual(bytes);
      expect(await store.has(media.key)).toBe(true);
      expect(await store.probe()).toBeGreaterThan(0);
    });

    test.each([0, 1, 5_000_000, 20_000_000])('of %i bytes come back whole and in parts', async (size) => {
      const bytes = Buffer.alloc(size, 'storyreel');
      const { key } = await store.put(bytes, 'video/mp4');
      expect((await buffer(await store.stream(key))).equals(bytes)).toBe(true);
      if (size === 0) return;
      const end = Math.min(size - 1, 1_000);
      expect((await buffer(await store.stream(key, { start: 0, end }))).equals(bytes.subarray(0, end + 1))).toBe(true);
      const last = { start: size - 1, end: size - 1 };
      expect((await buffer(await store.stream(key, last))).equals(bytes.subarray(size - 1))).toBe(true);
    });

    test('are stored once, however often and at once the same bytes come', async () => {
      const bytes = Buffer.from(`the same ${Math.random()}`);
      const stored = await Promise.all(Array.from({ length: 10 }, () => store.put(bytes, 'video/mp4')));
      expect(new Set(stored.map(({ key }) => key)).size).toBe(1);
      expect(await keysOf(store, stored)).toHaveLength(1);
      expect(await store.read(stored[0]?.key ?? '')).toEqual(bytes);
    });

    test('are taken over from a work folder', async () => {
      await writeFile(join(work, 'film.mp4'), 'moving');
      const media = await store.take(join(work, 'film.mp4'), 'video/mp4');
      expect(media).toMatchObject({ bytes: 6, sha256: sha256(Buffer.from('moving')), mediaType: 'video/mp4' });
      expect((await store.read(media.key)).toString()).toBe('moving');
    });

    test('that come piece by piece are kept under the hash of the whole, or not at all', async () => {
      const pieces = Array.from({ length: 50 }, (_, i) => Buffer.alloc(10_000, i));
      const whole = Buffer.concat(pieces);
      const [kept, left] = [await store.draft(), await store.draft()];
      for (const piece of pieces) await Promise.all([kept.write(piece), left.write(piece)]);
      expect(await readFile(kept.path)).toEqual(whole);
      const media = await kept.keep('video/mp4');
      const hash = sha256(whole);
      expect(media).toMatchObject({ sha256: hash, bytes: whole.length, key: mediaKey(hash, 'video/mp4') });
      await Promise.all([kept.drop(), left.drop()]);
      expect(await store.read(media.key)).toEqual(whole);
    });

    test('every work folder is another one', async () => {
      const other = await store.workFolder();
      expect(other).not.toBe(work);
      await rm(other, { recursive: true });
    });

    test('that are not there are Media.Unavailable, and state which setting to look at', async () => {
      const key = mediaKey('ab'.repeat(32), 'image/png');
      const unavailable = { type: 'Media.Unavailable', message: expect.stringContaining(setting) as string };
      await expect(store.read(key)).rejects.toMatchObject(unavailable);
      await expect(store.stream(key)).rejects.toMatchObject(unavailable);
      await expect(store.localPath(key, work)).rejects.toMatchObject(unavailable);
      expect(await store.has(key)).toBe(false);
    });

    test('are listed, all of them, each with its size', async () => {
      const stored = await Promise.all(['a', 'b', 'c'].map((text) => store.put(Buffer.from(text), 'image/png')));
      expect((await keysOf(store, stored)).sort()).toEqual(
        stored.map(({ key, sha256: hash, bytes }) => `${key} ${hash} ${bytes}`).sort(),
      );
    });

    test('of a type that nobody knows are stored all the same', async () => {
      const { key } = await store.put(Buffer.from('x'), 'application/x-unknown');
      expect(key).toMatch(/\.bin$/);
    });
  });
}

/** Of these, as the store lists them. */
async function keysOf(store: MediaStore, stored: readonly StoredMedia[]): Promise<string[]> {
  const found: FoundMedia[] = [];
  for await (const file of store.list()) found.push(file);
  return found
    .filter(({ key }) => stored.some((media) => media.key === key))
    .map(({ key, sha256: hash, bytes }) => `${key} ${hash} ${bytes}`);
}
