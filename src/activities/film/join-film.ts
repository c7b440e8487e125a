import { planFilm } from '../../planning';
import type { LaneResult, LaneTask } from '../../protocol';
import type { FilmPlan } from '../../stages';
import type { ActivityDeps } from '../deps';
import { runLane, type LaneProducer, type LaneRun } from '../lanes/lane-run';
import { inWorkFolder } from '../media/work-folder';
import { makeFilm, type MeasuredFilm } from './make-film';

/** Each is a connection and an open file, if media are in a bucket. */
const FETCHED_AT_ONCE = 8;

/** Joins the scenes in their order into one H.264 film, with the narration as a subtitle track. */
export function joinFilm(deps: ActivityDeps, task: LaneTask): Promise<LaneResult> {
  return runLane(deps, task, filmProducer);
}

const filmProducer: LaneProducer<FilmPlan> = {
  async plan({ deps, context, stage: name }) {
    const plan = await planFilm(deps, context, name);
    return { ...plan, inputs: plan.film };
  },

  async make(run, { inputs: plan }) {
    const { media } = run.deps;
    await run.through(() => run.note());
    return inWorkFolder(run, async (folder) => {
      try {
        const { film, seconds, width, height } = await joinParts(run, folder, plan);
        const stored = await run.through(() => media.take(film, 'video/mp4'));
        await run.settle({ resultHash: stored.sha256 }, async (context, settlement) => {
          const made = { ...stored, durationSeconds: seconds, width, height, plan };
          await context.stages.ofKind('film', run.stage).save(context, made, settlement);
          return {};
        });
        return { sha256: stored.sha256, bytes: stored.bytes };
      } catch (error) {
        run.deps.onDiskFault?.(error);
        throw error;
      }
    });
  },
};

async function joinParts(run: LaneRun, folder: string, { parts, language }: FilmPlan): Promise<MeasuredFilm> {
  const { media, config, logger } = run.deps;
  const sources: string[] = [];
  for (let first = 0; first < parts.length; first += FETCHED_AT_ONCE) {
    const some = parts.slice(first, first + FETCHED_AT_ONCE);
    sources.push(...(await Promise.all(some.map(({ key }) => media.localPath(key, folder)))));
  }
  return makeFilm(
    {
      ffmpegPath: config.FFMPEG_PATH,
      frameSize: config.FRAME_SIZE,
      folder,
      signal: run.signal,
      ...(language !== undefined && { language }),
      onPart: (made) => (run.counters['scenes'] = made),
      onMisfit: (fault) => logger.warn({ lane: run.claim.lane, fault }, 'clips of one form did not join as they are'),
    },
    parts.map((part, i) => ({ ...part, source: sources[i] ?? '' })),
  );
}
