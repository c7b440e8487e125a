import { access, constants, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Config } from '../../config';
import { reasonOf, type Finding } from './finding';

const GIGABYTE = 1e9;
/** A few clips and films. */
const LITTLE = 2 * GIGABYTE;

/** Whether the media folder can be written to, and how much room its disk has. */
export async function examineMedia({ MEDIA_DIR }: Pick<Config, 'MEDIA_DIR'>): Promise<Finding> {
  const folder = resolve(MEDIA_DIR);
  const known = { service: 'media', address: folder };
  try {
    const there = await existing(folder);
    await access(there, constants.W_OK);
    const { bavail, blocks, bsize } = await statfs(there);
    const free = bavail * bsize;
    const detail = `${gigabytes(free)} free of ${gigabytes(blocks * bsize)}`;
    const advice = 'Make room on the disk of MEDIA_DIR, or set it to another one.';
    return { ...known, ok: free > 0, detail, ...(free < LITTLE && { advice }) };
  } catch (error) {
    return { ...known, ok: false, detail: reasonOf(error), advice: 'Correct MEDIA_DIR, or let this user write to it.' };
  }
}

/** The folder, or what is there of the way to it: it is made when something is stored. */
async function existing(folder: string): Promise<string> {
  return access(folder).then(
    () => folder,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder) throw error;
      return existing(dirname(folder));
    },
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / GIGABYTE).toFixed(1)} GB`;
}
