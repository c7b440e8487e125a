import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planFilm, stageOfKind } from '../planning';
import type { LaneResult, LaneTask } from '../protocol';
import type { FilmPart, FilmPlan } from '../stages';
import type { ActivityDeps } from './deps';
import { CLIPS, ffmpeg, probeClip } from './ffmpeg';
import { areAlike, bringToForm, ENCODING, formOf } from './film-form';
import { runLane, type LaneMaker, type LaneRun } from './lane-run';
import { subRip } from './subtitles';

/** Joins the scenes in their order into one H.264 film, with the narration as a subtitle track. */
export function joinFilm(deps: ActivityDeps, task: LaneTask): Promise<LaneResult> {
  return runLane(deps, task, maker);
}

const maker: LaneMaker<FilmPlan> = {
  async plan({ deps, context, stage: name }) {
    const plan = await planFilm(deps, context, name);
    return { ...plan, inputs: plan.film };
  },

  async make(run, { inputs: plan }) {
    const { media, config } = run.deps;
    const folder = await run.through(() => media.workFolder());
    try {
      const film = await joinParts(run, folder, plan.parts);
      const { seconds, width, height } = await probeClip(config.FFMPEG_PATH, film, run.signal);
      const stored = await run.through(() => media.take(film, 'video/mp4'));
      await run.settle({ resultHash: stored.sha256 }, async (context, settlement) => {
        const made = { ...stored, durationSeconds: seconds, width, height, plan };
        await stageOfKind('film', run.stage).save(context, made, settlement);
        return {};
      });
      return { sha256: stored.sha256, bytes: stored.bytes };
    } catch (error) {
      run.deps.onDiskFault?.(error);
      throw error;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function joinParts(run: LaneRun, folder: string, parts: readonly FilmPart[]): Promise<string> {
  const { media, config } = run.deps;
  const alike = areAlike(parts);
  const paths = alike
    ? await Promise.all(parts.map(({ key }) => media.localPath(key)))
    : await bringToForm(run, folder, parts);
  const list = join(folder, 'clips.txt');
  const captions = join(folder, 'captions.srt');
  const film = join(folder, 'film.mp4');
  await writeFile(list, paths.map((path) => `file '${path.replaceAll("'", "'\\''")}'\n`).join(''));
  await writeFile(captions, subRip(parts.map(({ seconds, narration }) => ({ seconds, text: narration }))));
  await ffmpeg(
    config.FFMPEG_PATH,
    [
      ...[...CLIPS, '-i', list],
      ...['-i', captions],
      ...['-map', '0:v:0', '-map', '1:s:0'],
      ...(alike ? ['-vf', formOf(config.FRAME_SIZE), ...ENCODING] : ['-c:v', 'copy']),
      ...['-c:s', 'mov_text', '-movflags', '+faststart', film],
    ],
    run.signal,
  );
  return film;
}
