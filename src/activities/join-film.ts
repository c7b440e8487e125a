import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planFilm, stageOfKind } from '../planning';
import type { LaneResult, LaneTask } from '../protocol';
import type { FilmClip } from '../stages';
import type { ActivityDeps } from './deps';
import { ffmpeg, probeClip } from './ffmpeg';
import { runLane, type LaneMaker, type LaneRun } from './lane-run';
import { subRip } from './subtitles';

const FRAMES_PER_SECOND = 24;

/** Joins the clips in scene order into one H.264 film, with the narration as a subtitle track. */
export function joinFilm(deps: ActivityDeps, task: LaneTask): Promise<LaneResult> {
  return runLane(deps, task, maker);
}

const maker: LaneMaker<readonly FilmClip[]> = {
  async plan({ deps, context, stage: name }) {
    const plan = await planFilm(deps, context, name);
    return { ...plan, inputs: plan.clips };
  },

  async make(run, { inputs: clips }) {
    const { media, config } = run.deps;
    const folder = await media.workFolder();
    try {
      const film = await joinClips(run, folder, clips);
      const info = await probeClip(config.FFMPEG_PATH, film, run.signal);
      const stored = await media.take(film, 'video/mp4');
      await run.settle({ resultHash: stored.sha256 }, async (context, settlement) => {
        await stageOfKind('film', run.stage).save(
          context,
          { ...stored, durationSeconds: info.seconds, width: info.width, height: info.height, scenes: clips.length },
          settlement,
        );
        return {};
      });
      return { sha256: stored.sha256, bytes: stored.bytes };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function joinClips(run: LaneRun, folder: string, clips: readonly FilmClip[]): Promise<string> {
  const { media, config } = run.deps;
  const paths = await Promise.all(clips.map(({ key }) => media.localPath(key)));
  const list = join(folder, 'clips.txt');
  const captions = join(folder, 'captions.srt');
  const film = join(folder, 'film.mp4');
  await writeFile(list, paths.map((path) => `file '${path.replaceAll("'", "'\\''")}'\n`).join(''));
  await writeFile(captions, subRip(clips.map(({ seconds, narration }) => ({ seconds, text: narration }))));
  const [width, height] = config.FRAME_SIZE.split('x');
  // Clips may differ in size and speed when providers changed on the way, so they are brought to one form.
  const form = [
    `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2`,
    `pad=${width}:${height}:-1:-1`,
    'setsar=1',
    `fps=${FRAMES_PER_SECOND}`,
  ].join(',');
  await ffmpeg(
    config.FFMPEG_PATH,
    [
      ...['-f', 'concat', '-safe', '0', '-i', list],
      ...['-i', captions],
      ...['-map', '0:v:0', '-map', '1:s:0'],
      ...['-vf', form, '-c:v', 'libx264', '-preset', 'veryfast', '-crf', '20', '-pix_fmt', 'yuv420p'],
      ...['-c:s', 'mov_text', '-movflags', '+faststart', film],
    ],
    run.signal,
  );
  return film;
}
