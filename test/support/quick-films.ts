import { execFile } from 'node:child_process';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startStudio } from '../../dev/studio';
import { fromSetup } from './services';

export interface QuickFilms {
  /** For `startApp`: providers and ffmpeg of this suite's own. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * For suites of hundreds of films, where what is in them does not matter: a studio of their own, and in place of ffmpeg a
 * script that answers every order with the same real clip, because rendering 400 of them takes minutes.
 */
export async function startQuickFilms(name: string): Promise<QuickFilms> {
  const folder = join(fromSetup('STORYREEL_TEST_FOLDER'), name);
  await mkdir(folder, { recursive: true });
  const clip = join(folder, 'clip.mp4');
  const picture = ['-f', 'lavfi', '-i', 'color=c=navy:s=320x180:d=1:r=24', '-pix_fmt', 'yuv420p'];
  await promisify(execFile)(fromSetup('STORYREEL_FFMPEG'), ['-loglevel', 'error', '-y', ...picture, clip]);
  const script = join(folder, 'ffmpeg');
  await writeFile(
    script,
    `#!/bin/sh
for last; do :; done
case "$*" in
  *-movflags*) exec cp '${clip}' "\${last#file:}" ;;
  *) echo 'Duration: 00:00:01.00' >&2; echo 'Video: h264, 320x180' >&2; exit 1 ;;
esac
`,
  );
  await chmod(script, 0o755);
  const studio = await startStudio({ stateDir: join(folder, 'studio'), ffmpegPath: script });
  return {
    env: {
      FFMPEG_PATH: script,
      OPENAI_BASE_URL: studio.url,
      STORYREEL_IMAGE_BASE_URL: studio.url,
      STORYREEL_VIDEO_BASE_URL: studio.url,
    },
    close: async () => {
      await studio.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
