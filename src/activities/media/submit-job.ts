import { StoryreelError } from '../../protocol';
import { OtherOrder, type ClipOrder, type VideoProvider, type VideoRequest } from '../../providers';
import type { ProviderCall } from '../../telemetry';
import { mayBeCharged } from '../usage/call-cost';
import type { LaneRun } from '../lanes/lane-run';
import { PaidCall, type CallPlan } from '../usage/paid-call';
import type { ResolvedProvider } from '../usage/provider-choice';
import { ReadyCall } from '../usage/ready-call';
import { classify } from '../lanes/stage-failure';
import { mayBeTaken, storeFault, updateJob, type OpenJob } from './video-job';

/** The model's sizes and lengths may have to be learned in more than one step. */
const MAX_ORDERS = 8;

export const NO_CLIP = { unit: 'second', units: 0 } as const;

export interface SubmitPlan {
  readonly run: LaneRun;
  readonly job: OpenJob;
  readonly chosen: ResolvedProvider<VideoProvider>;
  readonly request: Pick<VideoRequest, 'prompt' | 'image' | 'wanted'>;
  readonly call: <T>(operation: ProviderCall['operation'], work: () => Promise<T>) => Promise<T>;
}

export interface SubmittedJob {
  readonly jobId: string;
  readonly order: ClipOrder;
  readonly paid: PaidCall;
}

/**
 * Submits the job after its cost is booked, and stores its id however long Postgres is away, because the job is paid.
 * If it is unknown whether the provider accepted the job, it is submitted again only if the provider knows it by its
 * key.
 */
export async function submitJob(plan: SubmitPlan): Promise<SubmittedJob> {
  const { run, job, chosen } = plan;
  if (!chosen.honoursKey && (await run.through(() => mayBeTaken(run, job)))) {
    await run.through(async () => {
      const paid = await PaidCall.book(run, { ...bookingOf(plan, plan.request.wanted), underWay: true });
      await park(plan, paid, plan.request.wanted, 'its worker ended before the answer came');
    });
  }
  for (let orders = 1; ; orders++) {
    const order = chosen.provider.order(plan.request.wanted);
    const paid = new ReadyCall(run, 'files', bookingOf(plan, order));
    try {
      const jobId = await ask(plan, order, paid);
      return { jobId, order, paid: paid.call };
    } catch (error) {
      await paid.booked?.publishCost();
      const isBooked = paid.booked !== undefined && !paid.booked.refused;
      // This attempt was stopped. The next attempt asks whether the provider accepted the job.
      if (run.signal.aborted) throw error;
      if (isBooked && isAmbiguous(error) && !chosen.honoursKey) {
        await park(plan, paid.call, order, classify(error).message);
      }
      // A job that the provider refused costs nothing. A job whose answer was lost is submitted again under its key.
      if (isBooked && !isAmbiguous(error)) await paid.booked?.close(NO_CLIP, false);
      if (!(error instanceof OtherOrder) || orders === MAX_ORDERS) throw error;
    }
  }
}

function bookingOf({ job, chosen }: SubmitPlan, { seconds }: ClipOrder): CallPlan {
  return { chosen, most: { unit: 'second', units: seconds }, key: job.idempotencyKey };
}

async function ask(plan: SubmitPlan, order: ClipOrder, paid: ReadyCall): Promise<string> {
  const { run, job, chosen, call } = plan;
  const request = { ...plan.request, order, idempotencyKey: job.idempotencyKey };
  const { jobId } = await paid.make(() => call('submit_video', () => chosen.provider.submit(request, run.signal)));
  const taken = { status: 'submitted' as const, providerJobId: jobId, submittedAt: new Date() };
  const ordered = { orderedSeconds: order.seconds, orderedSize: order.size };
  await run.through(() => updateJob(run.deps.dataSource.manager, run, job, { ...taken, ...ordered }));
  return jobId;
}

/** A gateway's timeout does not show what the server behind it has done. */
const GATEWAY_TIMEOUTS = [504, 524];

function isAmbiguous(error: unknown): boolean {
  if (error instanceof OtherOrder || (error instanceof StoryreelError && error.type !== 'Video.AmbiguousSubmit'))
    return false;
  const { status } = error as { status?: unknown };
  return mayBeCharged(error) || GATEWAY_TIMEOUTS.includes(Number(status));
}

async function park({ run, job, chosen }: SubmitPlan, paid: PaidCall, order: ClipOrder, why: string): Promise<never> {
  const { name, model } = chosen;
  const failure = new StoryreelError(
    'Video.AmbiguousSubmit',
    `ambiguous_submit: ${name} may have taken a job for ${order.seconds} s of ${model} at ${new Date().toISOString()} (${why}). ` +
      'It is not ordered again by itself. Look there, then retry to order it anew.',
  );
  await storeFault(run, job, failure, { status: 'ambiguous_submit' });
  await paid.close({ unit: 'second', units: order.seconds }, true);
  throw failure;
}
