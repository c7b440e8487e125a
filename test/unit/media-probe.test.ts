import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderStore } from '../../src/storage';
import { newFolder } from '../support/new-folder';

describe('Asked whether it can store media, a folder', () => {
  let folder: string;

  beforeEach(async () => {
    folder = newFolder();
  });

  test('states how much room it has, and keeps nothing of the question', async () => {
    const store = new FolderStore(folder);
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.probe()));
    expect(Math.min(...answers)).toBeGreaterThan(0);
    expect(await readdir(folder, { recursive: true })).toEqual(['work']);
  });

  test('is made where it is not there yet', async () => {
    expect(await new FolderStore(join(folder, 'a', 'b')).probe()).toBeGreaterThan(0);
  });

  test('refuses where it cannot be', async () => {
    await writeFile(join(folder, 'file'), '');
    const refused = { type: 'Media.Unavailable', message: expect.stringContaining('MEDIA_DIR') };
    await expect(new FolderStore(join(folder, 'file')).probe()).rejects.toMatchObject(refused);
  });

  test('refuses where it has less room than it must have, and states both', async () => {
    const refused = { type: 'Media.Unavailable', message: expect.stringContaining('MEDIA_FREE_MB') };
    await expect(new FolderStore(folder, Number.MAX_SAFE_INTEGER).probe()).rejects.toMatchObject(refused);
  });
});
