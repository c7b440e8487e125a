import { setTimeout as sleep } from 'node:timers/promises';
import { BrokenConnection, NotReady, type VideoJob, type VideoProvider } from '../../providers';
import type { LaneRun } from '../lanes/lane-run';
import { isOutage } from '../lanes/outage';
import { classify } from '../lanes/stage-failure';

/** So often a provider is asked, at the pace of VIDEO_POLL_MS, for what it does not give; then a person is. */
const MOST_LOOKS = 30;

/** So often a clip may break on its way. */
const MOST_BROKEN = 5;

export interface Awaited {
  readonly run: LaneRun;
  readonly provider: VideoProvider;
  readonly jobId: string;
  /** A person has had it looked for again: where it is still unknown, it is gone. */
  readonly wasLost: boolean;
}

/**
 * Polls the job until it has ended. A question that is lost costs nothing and is asked again. So is one about a job that the
 * provider does not know: many know it only a moment after they have taken it. Throws the last `NotReady` where it stays so.
 */
export async function awaitJob(awaited: Awaited): Promise<Exclude<VideoJob, { status: 'running' }>> {
  const { run, provider, jobId, wasLost } = awaited;
  let told = -1;
  for (let looks = 1; ; looks++) {
    const state = await run.through(
      () =>
        provider.poll(jobId, run.signal).catch((error: unknown) => {
          if (error instanceof NotReady && !wasLost && looks < MOST_LOOKS) return undefined;
          throw error;
        }),
      isFreeToAsk,
    );
    if (state?.status === 'completed' || state?.status === 'failed') return state;
    if (state) {
      // What was seen once may be unknown for a moment, too.
      looks = 0;
      run.counters['progress'] = state.progress;
      if (state.progress !== told) run.tell({ type: 'stage_update', status: 'processing', progress: state.progress });
      told = state.progress;
    }
    await pause(run);
  }
}

/**
 * Gets what `receive` takes of a finished job, as often as it may take until it is there. The job is asked anew in between,
 * because its address may have run out. Throws `NotReady` where it stays so.
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
      if (error instanceof BrokenConnection) looks += MOST_LOOKS / MOST_BROKEN - 1;
      if (looks >= MOST_LOOKS) throw error instanceof NotReady ? error : new NotReady(classify(error).message);
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
