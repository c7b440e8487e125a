import { join } from 'node:path';
import type { FilmPart } from '../stages';
import { CLIP, ffmpeg, PICTURE } from './ffmpeg';
import type { LaneRun } from './lane-run';

const FRAMES_PER_SECOND = 24;

/** How every frame of a film is encoded. */
export const ENCODING = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '20', '-pix_fmt', 'yuv420p'] as const;

/** The filter that brings pictures of any size and speed to `WIDTHxHEIGHT`, without cutting anything off. */
export function formOf(frameSize: string): string {
  const [width, height] = frameSize.split('x');
  return [
    `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2`,
    `pad=${width}:${height}:-1:-1`,
    'setsar=1',
    `fps=${FRAMES_PER_SECOND}`,
  ].join(',');
}

/** Whether the parts can be joined as they are: ffmpeg's list of clips takes the form of the first one for that of all. */
export function areAlike(parts: readonly FilmPart[]): boolean {
  return parts.every(({ kind, maker }) => kind === 'clip' && maker === parts[0]?.maker);
}

/** Makes each part a clip of one form in the folder, a still as long as its scene is, and gives their paths. */
export async function bringToForm(run: LaneRun, folder: string, parts: readonly FilmPart[]): Promise<string[]> {
  const { media, config } = run.deps;
  const made: string[] = [];
  for (const { scene, kind, key, seconds } of parts) {
    const source = await media.localPath(key);
    const target = join(folder, `scene-${scene}.mp4`);
    const input =
      kind === 'clip'
        ? [...CLIP, '-i', source]
        : [...PICTURE, '-loop', '1', '-framerate', `${FRAMES_PER_SECOND}`, '-i', source];
    const length = kind === 'clip' ? [] : ['-t', `${seconds}`];
    await ffmpeg(
      config.FFMPEG_PATH,
      [...input, '-map', '0:v:0', ...length, '-vf', formOf(config.FRAME_SIZE), ...ENCODING, '-an', target],
      run.signal,
    );
    made.push(target);
    run.counters['scenes'] = made.length;
  }
  return made;
}
