import { planVideo } from '../../planning';
import { StoryreelError, type LaneResult, type LaneTask } from '../../protocol';
import {
  NotReady,
  UndecodedMedia,
  UnusableMedia,
  type ClipOrder,
  type VideoJob,
  type VideoProvider,
} from '../../providers';
import type { ProviderCall } from '../../telemetry';
import { awaitClip, awaitJob, type Awaited } from './await-clip';
import type { Amount } from '../usage/call-cost';
import type { ActivityDeps } from '../deps';
import { fetchClip, type FetchedClip } from './fetch-clip';
import { fitClip, needsFitting } from './fit-media';
import { runLane, type LaneProducer, type LanePlan, type LaneRun } from '../lanes/lane-run';
import { measureClip } from './measure-clip';
import { PaidCall } from '../usage/paid-call';
import { askProvider } from '../usage/provider-answer';
import { holderOf, openVideo, type ResolvedProvider } from '../usage/provider-choice';
import { withoutQuotesOf, wordsOf } from '../usage/provider-words';
import { NO_CLIP, submitJob, type SubmittedJob } from './submit-job';
import { openJob, orderOf, storeFault, updateJob, type OpenJob } from './video-job';
import { WastedOrder } from '../usage/wasted-order';
import { inWorkFolder } from './work-folder';

interface VideoInputs {
  readonly chosen: ResolvedProvider<VideoProvider>;
  readonly prompt: string;
  readonly imageKey: string;
  readonly mediaType: string;
  readonly seconds: number;
}

/** One attempt at a clip: what is planned, its job, and the provider that has the job or shall take it. */
interface ClipWork {
  readonly run: LaneRun;
  readonly inputs: VideoInputs;
  readonly job: OpenJob;
  readonly chosen: ResolvedProvider<VideoProvider>;
  /** Makes one request to the provider, as a span and without quotations of the prompt in its failures. */
  readonly call: <T>(operation: ProviderCall['operation'], work: () => Promise<T>) => Promise<T>;
}

/**
 * Makes the clip of a scene as one job at the provider. The intent is stored before the job is requested, and the job's
 * id right after. After a crash, the next attempt continues the same job and never pays for another one. Only a job
 * that failed, or whose clip is broken or gone, is followed by a new one, and only once.
 */
export function generateVideo(deps: ActivityDeps, task: LaneTask): Promise<LaneResult> {
  return runLane(deps, task, videoProducer);
}

const videoProducer: LaneProducer<VideoInputs> = {
  async plan({ deps, context, stage: name, feedback }) {
    const plan = await planVideo(deps, context, name, feedback);
    return { ...plan, inputs: { ...plan, chosen: openVideo(deps, plan.choice) } };
  },

  async make(run, plan) {
    const work = await openWork(run, plan);
    const { job, chosen, call, inputs } = work;
    const taken = await takenJob(work);
    const { jobId, order, paid } = taken;
    const ordered: Amount = { unit: 'second', units: order.seconds };
    const awaited = { run, provider: chosen.provider, jobId, wasLost: job.error?.type === 'Video.JobLost' };
    try {
      const state = await call('await_video', () => awaitJob(awaited));
      if (state.status === 'failed') {
        const why = failureOf(state, inputs.prompt);
        await storeFault(run, job, why, { status: 'failed' });
        await paid.close(NO_CLIP, false);
        throw why;
      }
      const clip = await madeClip(work, awaited, order, state);
      await run.settle({ resultHash: clip.media.sha256 }, async ({ manager }) => {
        await updateJob(manager, run, job, {
          status: 'completed',
          sha256: clip.media.sha256,
          mediaType: clip.media.mediaType,
          bytes: clip.media.bytes,
          durationSeconds: clip.measured.seconds,
          completedAt: new Date(),
          error: null,
        });
        await paid.settle(manager, ordered, false);
        return {};
      });
      return { sha256: clip.media.sha256, bytes: clip.media.bytes };
    } catch (error) {
      const why =
        error instanceof NotReady || error instanceof UnusableMedia
          ? await lostClip(work, taken, error, awaited.wasLost)
          : error;
      await paid.publishCost();
      throw why;
    }
  },
};

async function openWork(run: LaneRun, plan: LanePlan<VideoInputs>): Promise<ClipWork> {
  const { inputs } = plan;
  const job = await run.through(() => openJob(run, plan));
  // A job that is under way belongs to the provider that took it, whichever would be chosen now.
  const chosen =
    job.provider === inputs.chosen.name ? inputs.chosen : await run.through(() => holderOf(run.deps, job.provider));
  const call: ClipWork['call'] = (operation, work) =>
    askProvider(run, { operation, chosen }, work).catch(withoutQuotesOf(inputs.prompt));
  return { run, inputs, job, chosen, call };
}

/** The booked job at its provider; it is submitted if no attempt has done so yet. */
async function takenJob({ run, inputs, job, chosen, call }: ClipWork): Promise<SubmittedJob> {
  const wanted = { size: run.deps.config.FRAME_SIZE, seconds: inputs.seconds };
  const { providerJobId: jobId } = job;
  if (jobId !== null) {
    await run.through(() => run.note());
    const order = orderOf(job, wanted);
    const booking = { chosen, most: { unit: 'second' as const, units: order.seconds }, key: job.idempotencyKey };
    return { jobId, order, paid: await run.through(() => PaidCall.book(run, { ...booking, underWay: true })) };
  }
  const bytes = await run.through(() => run.deps.media.read(inputs.imageKey));
  const request = { prompt: inputs.prompt, image: { bytes, mediaType: inputs.mediaType }, wanted };
  return submitJob({ run, job, chosen, request, call });
}

/**
 * Downloads the clip, measures it, and fits it to its scene. A clip that is broken is downloaded once more, because it
 * may have broken on its way.
 */
async function madeClip(
  { run, inputs, call }: ClipWork,
  awaited: Awaited,
  order: ClipOrder,
  state: Extract<VideoJob, { status: 'completed' }>,
): Promise<FetchedClip> {
  const { provider, jobId } = awaited;
  for (let received = 1; ; received++) {
    try {
      const clip = await awaitClip(awaited, state, (url) =>
        fetchClip(run, order.seconds, (take) =>
          call('download_video', () => provider.download(jobId, url, take, run.signal)),
        ),
      );
      return await fitted(run, clip, inputs.seconds, order);
    } catch (error) {
      const mayBeWhole = error instanceof UnusableMedia && !(error instanceof UndecodedMedia);
      if (!mayBeWhole || received > 1) throw error;
    }
  }
}

async function fitted(run: LaneRun, clip: FetchedClip, seconds: number, order: ClipOrder): Promise<FetchedClip> {
  const { media, config } = run.deps;
  const { FRAME_SIZE: frameSize, FFMPEG_PATH } = config;
  const fit = { info: clip.measured, seconds, frameSize, isOtherSize: order.size !== frameSize };
  if (!needsFitting(fit)) return clip;
  return inWorkFolder(run, async (folder) => {
    const file = await fitClip(run, folder, await media.localPath(clip.media.key, folder), fit);
    const measured = await measureClip(FFMPEG_PATH, file, Math.min(seconds, clip.measured.seconds), run.signal);
    return { measured, media: await run.through(() => media.take(file, 'video/mp4')) };
  });
}

function failureOf({ message, kind }: Extract<VideoJob, { status: 'failed' }>, prompt: string): Error {
  const words = `The provider's video job failed: ${wordsOf(message, [prompt])}`;
  if (kind === 'refused') return new StoryreelError('Provider.Refused', words);
  if (kind === 'quota') return new StoryreelError('Provider.QuotaExhausted', words);
  return new WastedOrder(new StoryreelError('Video.JobFailed', words));
}

/**
 * The provider delivers nothing for a paid job. If the clip is broken or gone for good, the job is closed. Otherwise
 * the job is kept, so that a person can ask for another look. Returns the error with which the attempt ends.
 */
async function lostClip(
  { run, job }: ClipWork,
  { order, paid }: SubmittedJob,
  error: NotReady | UnusableMedia,
  wasLost: boolean,
): Promise<Error> {
  if (error instanceof UnusableMedia || wasLost) {
    const why = error instanceof UndecodedMedia ? error : new WastedOrder(error);
    await storeFault(run, job, why, { status: 'failed' });
    await paid.close({ unit: 'second', units: order.seconds }, error instanceof NotReady);
    return why;
  }
  await storeFault(run, job, error);
  return error;
}
