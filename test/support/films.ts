import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../../src/config';

const run = promisify(execFile);

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'storyreel-'));
  return work(folder).finally(() => rm(folder, { recursive: true, force: true }));
}

/** A picture of one colour, or a clip of it: 25 frames a second. */
export function pictureOf({ FFMPEG_PATH }: Config, colour: string, seconds?: number): Promise<Buffer> {
  return inFolder(async (folder) => {
    const path = join(folder, seconds === undefined ? 'picture.png' : 'clip.mp4');
    const length = seconds === undefined ? ['-frames:v', '1'] : ['-t', `${seconds}`, '-pix_fmt', 'yuv420p'];
    await run(FFMPEG_PATH, ['-f', 'lavfi', '-i', `color=${colour}:s=320x180:r=25`, ...length, path]);
    return readFile(path);
  });
}

/** Of which colour a film is in the middle, at these seconds. */
export function framesOf({ FFMPEG_PATH }: Config, film: Buffer, seconds: readonly number[]): Promise<string[]> {
  return inFolder(async (folder) => {
    const path = join(folder, 'film.mp4');
    await writeFile(path, film);
    const colours: string[] = [];
    for (const at of seconds) {
      const one = ['-frames:v', '1', '-vf', 'scale=1:1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
      const { stdout } = await run(FFMPEG_PATH, ['-ss', `${at}`, '-i', path, ...one], { encoding: 'buffer' });
      colours.push(colourOf([...stdout]));
    }
    return colours;
  });
}

function colourOf([red = 0, green = 0, blue = 0]: readonly number[]): string {
  const most = Math.max(red, green, blue);
  if (most - Math.min(red, green, blue) < 40) return 'grey';
  if (most === red) return 'red';
  return most === green ? 'green' : 'blue';
}
