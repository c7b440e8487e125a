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

/** Of which colour each frame of a film is in the middle. */
export async function coloursIn({ FFMPEG_PATH }: Pick<Config, 'FFMPEG_PATH'>, film: string): Promise<string[]> {
  const pixels = [
    '-map',
    '0:v:0',
    '-fps_mode',
    'passthrough',
    '-vf',
    'scale=1:1',
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    '-',
  ];
  const { stdout } = await run(FFMPEG_PATH, ['-loglevel', 'error', '-i', film, ...pixels], { encoding: 'buffer' });
  return Array.from({ length: stdout.length / 3 }, (_, i) => colourOf([...stdout.subarray(3 * i, 3 * i + 3)]));
}

function colourOf([red = 0, green = 0, blue = 0]: readonly number[]): string {
  const most = Math.max(red, green, blue);
  if (most - Math.min(red, green, blue) < 40) return 'grey';
  if (most === red) return 'red';
  return most === green ? 'green' : 'blue';
}

/** The texts of a film's captions as its file has them, byte by byte, and when each begins and ends in seconds. */
export function cuesIn({ FFMPEG_PATH }: Pick<Config, 'FFMPEG_PATH'>, film: string): Promise<Cue[]> {
  return inFolder(async (folder) => {
    const track = join(folder, 'track');
    const copied = ['-i', film, '-map', '0:s:0', '-c', 'copy'];
    const { stdout } = await run(FFMPEG_PATH, [
      ...copied,
      '-f',
      'data',
      track,
      ...['-map', '0:s:0', '-c', 'copy'],
      '-f',
      'framecrc',
      '-',
    ]);
    const bytes = await readFile(track);
    const ticks = Number(/#tb 0: 1\/(\d+)/.exec(stdout)?.[1]);
    const times = stdout.split('\n').filter((line) => /^0,/.test(line));
    let at = 0;
    return times.map((line) => {
      const [, , from = 0, length = 0, size = 0] = line.split(',').map(Number);
      const sample = bytes.subarray(at, (at += size));
      const text = sample.subarray(2, 2 + sample.readUInt16BE()).toString('utf8');
      return { text, from: from / ticks, to: (from + length) / ticks };
    });
  });
}

export interface Cue {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}
