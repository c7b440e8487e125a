import { setTimeout as sleep } from 'node:timers/promises';
import { BrokenConnection, NotReady, type VideoJob, type VideoProvider } from '../../providers';
import type { LaneRun } from '../lanes/lane-run';
import { isOutage } from '../lanes/outage';
import { classify } from '../lanes/stage-failure';

/** How often a provider is polled without success, every VIDEO_POLL_MS, before the lane needs attention. */
const MAX_LOOKS = 30;

/** How often the download of a clip may break. */
const MAX_BROKEN = 5;

export interface Awaited {
  readonly run: LaneRun;
  readonly provider: VideoProvider;
  readonly jobId: string;
  /** A person has asked for another look: if the job is still unknown, it is gone. */
  readonly wasLost: boolean;
}

/**
 * Polls the job until it has ended. A poll that is lost costs nothing and is repeated. So is a poll for a job that the
 * provider does not know: many know a job only a moment after they have accepted it. Throws the last `NotReady` if that
 * does not change.
 */
export async function awaitJob(awaited: Awaited): Promise<Exclude<VideoJob, { status: 'running' }>> {
  const { run, provider, jobId, wasLost } = awaited;
  let published = -1;
  for (let looks = 1; ; looks++) {
    const state = await run.through(
      () =>
        provider.poll(jobId, run.signal).catch((error: unknown) => {
          if (error instanceof NotReady && !wasLost && looks < MAX_LOOKS) return undefined;
          throw error;
        }),
      isFreeToAsk,
    );
    if (state?.status === 'completed' || state?.status === 'failed') return state;
    if (state) {
      // A job that was seen once may be unknown for a moment, too.
      looks = 0;
      run.counters['progress'] = state.progress;
      if (state.progress !== published)
        run.publishUpdate({ type: 'stage_update', status: 'processing', progress: state.progress });
      published = state.progress;
    }
    await pause(run);
  }
}

/**
 * Calls `receive` for a finished job until it has the clip, within the allowed number of times. The job is polled again
 * before each call, because its address may have expired. Throws `NotReady` if the clip never arrives.
 */
export async function awaitClip<T>(
  { run, provider, jobId }: Awaited,
  finished: Extract<VideoJob, { status: 'completed' }>,
  receive: (url: string | undefined) => Promise<T>,
): Promise<T> {
  let url = finished.url;
  for (let looks = 1; ; looks++) {
    try {
      return await run.through(() => receive(url));
    } catch (error) {
      if (!isWorthAnotherLook(error)) throw error;
      // It was paid for on its way, too.
      if (error instanceof BrokenConnection) looks += MAX_LOOKS / MAX_BROKEN - 1;
      if (looks >= MAX_LOOKS) throw error instanceof NotReady ? error : new NotReady(classify(error).message);
    }
    await pause(run);
    const again = await run.through(() => provider.poll(jobId, run.signal).catch(() => undefined), isFreeToAsk);
    if (again?.status === 'completed') url = again.url;
  }
}

function isWorthAnotherLook(error: unknown): boolean {
  return error instanceof NotReady || isFreeToAsk(error);
}

/** A question after a job costs nothing, however it fails. */
function isFreeToAsk(error: unknown): boolean {
  const { type } = classify(error);
  return (
    error instanceof BrokenConnection ||
    ['Provider.Unavailable', 'Provider.RateLimited', 'Stream.Cut'].includes(type) ||
    isOutage(error)
  );
}

async function pause(run: LaneRun): Promise<void> {
  await sleep(run.deps.config.VIDEO_POLL_MS, undefined, { signal: run.signal }).catch(() =>
    run.signal.throwIfAborted(),
  );
}
