import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import type { EntityManager } from 'typeorm';
import { GeneratedVideo } from '../entities';
import { planVideo } from '../planning';
import { StoryreelError, type LaneResult, type LaneTask } from '../protocol';
import { UnusableMedia, type VideoProvider } from '../providers';
import { providerCall, type ProviderCall } from '../telemetry';
import { mayBeCharged, type Amount } from './call-cost';
import type { ActivityDeps } from './deps';
import { fetchClip } from './fetch-clip';
import { runLane, type LaneMaker, type LanePlan, type LaneRun } from './lane-run';
import { StaleAttempt } from './lane-store';
import { isOutage } from './outage';
import { PaidCall } from './paid-call';
import { callOf, chooseVideo, openVideo, type Chosen } from './provider-choice';
import { withoutQuotesOf, wordsOf } from './provider-words';
import { ReadyCall } from './ready-call';
import { classify } from './stage-failure';

const NO_CLIP = { unit: 'second', units: 0 } as const;

interface VideoInputs {
  readonly chosen: Chosen<VideoProvider>;
  readonly prompt: string;
  readonly imageKey: string;
  readonly mediaType: string;
  readonly seconds: number;
}

/**
 * Makes the clip of a scene as one job at the provider. The intent is stored before the job is asked for, under the
 * idempotency key it is asked with, and the job's id right after: a crash goes on with the same job and never pays for
 * another one. Only a job that failed, or that the provider lost, is followed by a new one.
 */
export function generateVideo(deps: ActivityDeps, task: LaneTask): Promise<LaneResult> {
  return runLane(deps, task, maker);
}

const maker: LaneMaker<VideoInputs> = {
  async plan({ deps, context, stage: name, feedback }) {
    const plan = await planVideo(deps, context, name, feedback);
    return { ...plan, inputs: { ...plan, chosen: openVideo(plan.choice) } };
  },

  async make(run, plan) {
    const { deps } = run;
    const job = await run.through(() => openJob(run, plan));
    // A job that is under way belongs to the provider that took it, whichever would be chosen now.
    const chosen =
      job.provider === plan.inputs.chosen.name
        ? plan.inputs.chosen
        : await run.through(() => chooseVideo(deps, job.provider));
    const { provider } = chosen;
    const call = <T>(operation: ProviderCall['operation'], work: () => Promise<T>) =>
      providerCall(callOf(operation, run.claim, chosen), work).catch(withoutQuotesOf(plan.inputs.prompt));
    const ordered = { unit: 'second' as const, units: plan.inputs.seconds };
    const booking = { chosen, most: ordered, key: job.idempotencyKey };
    const paid = new ReadyCall(run, 'files', booking);
    try {
      const jobId = job.providerJobId ?? (await submit(run, plan, provider, job, paid, call));
      if (job.providerJobId !== null) {
        paid.booked = await run.through(() => PaidCall.book(run, { ...booking, underWay: true }));
      }
      await call('await_video', () => untilDone(run, plan.inputs, provider, job, jobId, paid.call, ordered));
      const { media, measured } = await run
        .through(() =>
          fetchClip(run, plan.inputs.seconds, (take) =>
            call('download_video', () => provider.download(jobId, take, run.signal)),
          ),
        )
        .catch((error: unknown) => {
          if (!(error instanceof UnusableMedia)) throw error;
          // It was made, so it is paid; the same file would come again.
          return endJob(run, job, new StoryreelError('Video.JobFailed', error.message), () =>
            paid.call.close(ordered, false),
          );
        });
      await run.settle({ resultHash: media.sha256 }, async ({ manager }) => {
        await updateJob(manager, run, job, {
          status: 'completed',
          sha256: media.sha256,
          mediaType: media.mediaType,
          bytes: media.bytes,
          durationSeconds: measured.seconds,
          completedAt: new Date(),
          error: null,
        });
        await paid.call.settle(manager, ordered, false);
        return {};
      });
      return { sha256: media.sha256, bytes: media.bytes };
    } catch (error) {
      await paid.booked?.tell();
      throw error;
    }
  },
};

/** The job to tend: the one that is under way for these inputs, or a new one, stored before it is asked for. */
async function openJob(run: LaneRun, plan: LanePlan<VideoInputs>): Promise<GeneratedVideo> {
  const { dataSource } = run.deps;
  const sceneId = run.context.scene?.id ?? '';
  const { projectId, lane, fence } = run.claim;
  const found = await dataSource.manager.findOneBy(GeneratedVideo, { sceneId });
  const underWay = found?.status === 'submitting' || found?.status === 'submitted';
  if (found && underWay && found.inputHash === plan.inputHash) {
    await updateJob(dataSource.manager, run, found, { fence });
    return found;
  }
  const submission = (found?.submission ?? 0) + 1;
  await dataSource.query(
    `INSERT INTO generated_videos
       (project_id, scene_id, status, input_hash, submission, idempotency_key, provider, model, fence)
     VALUES ($1, $2, 'submitting', $3, $4, $5, $6, $7, $8)
     ON CONFLICT (scene_id) DO UPDATE
       SET status = 'submitting', input_hash = $3, submission = $4, idempotency_key = $5, provider = $6, model = $7,
           fence = $8, provider_job_id = NULL, sha256 = NULL, media_type = NULL, bytes = NULL, duration_seconds = NULL,
           submitted_at = NULL, completed_at = NULL, error = NULL, updated_at = now()
       WHERE generated_videos.fence <= $8`,
    [
      projectId,
      sceneId,
      plan.inputHash,
      submission,
      // By the scene, not by its number: two scenes that are alike may change places.
      [projectId, run.stage, sceneId, plan.inputHash.slice(0, 16), submission].join('/'),
      plan.inputs.chosen.name,
      plan.model,
      fence,
    ],
  );
  const opened = await dataSource.manager.findOneBy(GeneratedVideo, { sceneId, fence });
  if (!opened) throw new StaleAttempt(lane);
  return opened;
}

/** Asks for the job, and stores its id however long Postgres is away: the job is paid. */
async function submit(
  run: LaneRun,
  { inputs }: LanePlan<VideoInputs>,
  provider: VideoProvider,
  job: GeneratedVideo,
  paid: ReadyCall,
  call: <T>(operation: 'submit_video', work: () => Promise<T>) => Promise<T>,
): Promise<string> {
  const { deps } = run;
  const bytes = await run.through(() => deps.media.read(inputs.imageKey));
  const request = {
    prompt: inputs.prompt,
    image: { bytes, mediaType: inputs.mediaType },
    size: deps.config.FRAME_SIZE,
    seconds: inputs.seconds,
    idempotencyKey: job.idempotencyKey,
  };
  const { jobId } = await paid
    .make(() => call('submit_video', () => provider.submit(request, run.signal)))
    .catch(unlessTaken(paid));
  await run.through(() =>
    updateJob(deps.dataSource.manager, run, job, {
      status: 'submitted',
      providerJobId: jobId,
      submittedAt: new Date(),
    }),
  );
  return jobId;
}

/** A job that the provider refused costs nothing. One whose answer was lost is asked for again under its key. */
function unlessTaken(paid: ReadyCall): (error: unknown) => Promise<never> {
  return async (error) => {
    if (!mayBeCharged(error)) await paid.booked?.close(NO_CLIP, false);
    throw error;
  };
}

async function untilDone(
  run: LaneRun,
  { prompt }: VideoInputs,
  provider: VideoProvider,
  job: GeneratedVideo,
  jobId: string,
  paid: PaidCall,
  ordered: Amount,
): Promise<void> {
  let told = -1;
  for (;;) {
    const state = await run.through(
      () =>
        provider.poll(jobId, run.signal).catch((error: unknown) => {
          if (error instanceof OpenAI.NotFoundError) return { status: 'lost' as const, message: 'the job is gone' };
          throw error;
        }),
      isFreeToAsk,
    );
    if (state.status === 'completed') return;
    if (state.status === 'failed' || state.status === 'lost') {
      const failed = new StoryreelError(
        'Video.JobFailed',
        `The provider's video job failed: ${wordsOf(state.message, [prompt])}`,
      );
      // Nobody pays for a job that the provider itself calls failed; of one that it has lost nobody knows.
      return endJob(run, job, failed, () =>
        state.status === 'failed' ? paid.close(NO_CLIP, false) : paid.close(ordered, true),
      );
    }
    run.counters['progress'] = state.progress;
    if (state.progress !== told) run.tell({ type: 'stage_update', status: 'processing', progress: state.progress });
    told = state.progress;
    await sleep(run.deps.config.VIDEO_POLL_MS, undefined, { signal: run.signal }).catch(() =>
      run.signal.throwIfAborted(),
    );
  }
}

/** Nothing comes of the job: it is booked as what it cost, and the next attempt asks for another one. */
async function endJob(
  run: LaneRun,
  job: GeneratedVideo,
  failed: StoryreelError,
  book: () => Promise<void>,
): Promise<never> {
  const { type, message, retryable } = classify(failed);
  const error = { type, message, retryable };
  await run.through(() => updateJob(run.deps.dataSource.manager, run, job, { status: 'failed', error }));
  await book();
  throw failed;
}

/** A question after a job costs nothing, however it fails. */
function isFreeToAsk(error: unknown): boolean {
  return ['Provider.Unavailable', 'Provider.RateLimited'].includes(classify(error).type) || isOutage(error);
}

/** Writes to the job's row, unless a newer attempt has taken it over. */
async function updateJob(
  manager: EntityManager,
  run: LaneRun,
  job: GeneratedVideo,
  change: Partial<Omit<GeneratedVideo, 'error'>> & { error?: GeneratedVideo['error'] },
): Promise<void> {
  const { affected } = await manager
    .createQueryBuilder()
    .update(GeneratedVideo)
    .set(change)
    .where('id = :id AND fence <= :fence', { id: job.id, fence: run.claim.fence })
    .execute();
  if (affected !== 1) throw new StaleAttempt(run.claim.lane);
}
