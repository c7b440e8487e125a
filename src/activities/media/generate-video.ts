import { rm } from 'node:fs/promises';
import { planVideo } from '../../planning';
import { StoryreelError, type LaneResult, type LaneTask } from '../../protocol';
import { NotReady, UnusableMedia, type ClipOrder, type VideoJob, type VideoProvider } from '../../providers';
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
import { classify } from '../lanes/stage-failure';
import { NO_CLIP, submitJob, type SubmittedJob } from './submit-job';
import { openJob, orderOf, updateJob, type OpenJob } from './video-job';
import { WastedOrder } from '../usage/wasted-order';

interface VideoInputs {
  readonly chosen: ResolvedProvider<VideoProvider>;
  readonly prompt: string;
  readonly imageKey: string;
  readonly mediaType: string;
  readonly seconds: number;
}

type Call = <T>(operation: ProviderCall['operation'], work: () => Promise<T>) => Promise<T>;

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
    const job = await run.through(() => openJob(run, plan));
    // A job that is under way belongs to the provider that took it, whichever would be chosen now.
    const { inputs } = plan;
    const chosen =
      job.provider === inputs.chosen.name ? inputs.chosen : await run.through(() => holderOf(run.deps, job.provider));
    const call: Call = (operation, work) =>
      askProvider(run, operation, chosen, work).catch(withoutQuotesOf(inputs.prompt));
    const taken = await takenJob(run, plan, job, chosen, call);
    const { jobId, order, paid } = taken;
    const ordered: Amount = { unit: 'second', units: order.seconds };
    const awaited = { run, provider: chosen.provider, jobId, wasLost: job.error?.type === 'Video.JobLost' };
    try {
      const state = await call('await_video', () => awaitJob(awaited));
      if (state.status === 'failed') throw await ended(run, job, taken, failureOf(state, inputs.prompt), NO_CLIP);
      const clip = await madeClip(awaited, plan, order, state, call);
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
        error instanceof NotReady || error instanceof UnusableMedia ? await lost(error, taken, job, awaited) : error;
      await paid.publishCost();
      throw why;
    }
  },
};

/** The booked job at its provider; it is submitted if no attempt has done so yet. */
async function takenJob(
  run: LaneRun,
  { inputs }: LanePlan<VideoInputs>,
  job: OpenJob,
  chosen: ResolvedProvider<VideoProvider>,
  call: Call,
): Promise<SubmittedJob> {
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

/** Receives the clip, looks at it and cuts it to what its scene wants. A broken one may have broken on its way: once more. */
async function madeClip(
  awaited: Awaited,
  { inputs }: LanePlan<VideoInputs>,
  order: ClipOrder,
  state: Extract<VideoJob, { status: 'completed' }>,
  call: Call,
): Promise<FetchedClip> {
  const { run, provider, jobId } = awaited;
  for (let received = 1; ; received++) {
    try {
      const clip = await awaitClip(awaited, state, (url) =>
        fetchClip(run, order.seconds, (take) =>
          call('download_video', () => provider.download(jobId, url, take, run.signal)),
        ),
      );
      return await fitted(run, clip, inputs.seconds, order);
    } catch (error) {
      if (!(error instanceof UnusableMedia) || received > 1) throw error;
    }
  }
}

async function fitted(run: LaneRun, clip: FetchedClip, seconds: number, order: ClipOrder): Promise<FetchedClip> {
  const { media, config } = run.deps;
  const { FRAME_SIZE: frameSize, FFMPEG_PATH } = config;
  const fit = { info: clip.measured, seconds, frameSize, isOtherSize: order.size !== frameSize };
  if (!needsFitting(fit)) return clip;
  const folder = await run.through(() => media.workFolder());
  try {
    const file = await fitClip(run, folder, await media.localPath(clip.media.key, folder), fit);
    const measured = await measureClip(FFMPEG_PATH, file, Math.min(seconds, clip.measured.seconds), run.signal);
    return { measured, media: await run.through(() => media.take(file, 'video/mp4')) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function failureOf({ message, kind }: Extract<VideoJob, { status: 'failed' }>, prompt: string): Error {
  const words = `The provider's video job failed: ${wordsOf(message, [prompt])}`;
  if (kind === 'refused') return new StoryreelError('Provider.Refused', words);
  if (kind === 'quota') return new StoryreelError('Provider.QuotaExhausted', words);
  return new WastedOrder(new StoryreelError('Video.JobFailed', words));
}

/** The job is over, and nothing comes of it. Nobody pays for one that the provider itself calls failed. */
async function ended(
  run: LaneRun,
  job: OpenJob,
  { paid }: SubmittedJob,
  why: Error,
  used: Amount,
  estimated = false,
): Promise<Error> {
  const { type, message, retryable } = classify(why);
  const error = { type, message, retryable };
  await run.through(() => updateJob(run.deps.dataSource.manager, run, job, { status: 'failed', error }));
  await paid.close(used, estimated);
  return why;
}

/**
 * The provider delivers nothing for a paid job. If the clip is broken or gone for good, the job is closed. Otherwise
 * the job is kept, so that a person can ask for another look.
 */
async function lost(
  error: NotReady | UnusableMedia,
  taken: SubmittedJob,
  job: OpenJob,
  { run, wasLost }: Awaited,
): Promise<Error> {
  const used: Amount = { unit: 'second', units: taken.order.seconds };
  if (error instanceof UnusableMedia || wasLost) {
    return ended(run, job, taken, new WastedOrder(error), used, error instanceof NotReady);
  }
  const { type, message, retryable } = classify(error);
  await run.through(() => updateJob(run.deps.dataSource.manager, run, job, { error: { type, message, retryable } }));
  return error;
}
