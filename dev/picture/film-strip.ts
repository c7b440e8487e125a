import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';

const run = promisify(execFile);

const EVERY_MS = 150;
/** The last frame is shown for longer, before the picture begins again. */
const SECONDS = { shot: 0.15, last: 3 };
/** So many equal frames are shown; the others are left out, so that a slow computer makes the same picture. */
const MAX_EQUAL = 5;

/** Takes a screenshot of a page again and again, and makes one moving picture of them. */
export class FilmStrip {
  private readonly files: string[] = [];
  private readonly leaving = new AbortController();

  constructor(
    private readonly page: Page,
    private readonly folder: string,
  ) {}

  /** Records the page while something happens on it. */
  async record(happens: () => Promise<void>): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const taking = this.take();
    await happens().finally(() => this.leaving.abort());
    await taking;
  }

  /** Writes what was recorded as a GIF of this width. */
  async writeGif(file: string, { ffmpeg, width }: { readonly ffmpeg: string; readonly width: number }): Promise<void> {
    const list = join(this.folder, 'shots.txt');
    await writeFile(list, this.list());
    const frames = `fps=20/3,scale=${width}:-1:flags=lanczos,split[a][b]`;
    // Text stays sharp without dithering, and equal frames stay equal.
    const colours = '[a]palettegen=max_colors=96:stats_mode=full[p];[b][p]paletteuse=dither=none:diff_mode=rectangle';
    const from = ['-f', 'concat', '-safe', '0', '-i', list];
    await run(ffmpeg, ['-y', '-loglevel', 'error', ...from, '-vf', `${frames};${colours}`, '-loop', '0', file]);
  }

  private async take(): Promise<void> {
    let last: Buffer | undefined;
    let equal = 0;
    while (!this.leaving.signal.aborted) {
      const next = sleep(EVERY_MS);
      // The page may be closed because something else has failed.
      const shot = await this.page.screenshot().catch(() => undefined);
      equal = shot && last?.equals(shot) ? equal + 1 : 0;
      if (shot && equal < MAX_EQUAL) {
        const file = join(this.folder, `${String(this.files.length).padStart(4, '0')}.png`);
        await writeFile(file, shot);
        this.files.push(file);
      }
      last = shot;
      await next;
    }
  }

  /** What ffmpeg's concat demuxer reads: each file, and how long it is shown. The last one must be named twice. */
  private list(): string {
    const last = this.files.at(-1);
    const lines = this.files.map((file) => `file '${file}'\nduration ${file === last ? SECONDS.last : SECONDS.shot}`);
    return [...lines, `file '${last}'`, ''].join('\n');
  }
}
