import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectView } from '../../src/client';

const SLUG_LENGTH = 40;

/** Stores the film under a recognisable name; if the file system can share bytes, they are shared. */
export async function placeFilm(stateDir: string, stored: string, { topic, projectId }: ProjectView): Promise<string> {
  const folder = join(stateDir, 'films');
  const place = join(folder, `${slugOf(topic)}-${projectId.slice(0, 8)}.mp4`);
  await mkdir(folder, { recursive: true });
  await rm(place, { force: true });
  await link(stored, place).catch(() => copyFile(stored, place));
  return place;
}

function slugOf(topic: string): string {
  const words = topic.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-');
  return (
    [...words]
      .slice(0, SLUG_LENGTH)
      .join('')
      .replace(/^-+|-+$/g, '') || 'film'
  );
}
