import OpenAI from 'openai';
import { BrokenConnection, ServerError } from '../../providers';
import { answerOf, MADE_BY, providerCall, type Answer, type ProviderCall } from '../../telemetry';
import { mayBeCharged } from './call-cost';
import type { LaneRun } from '../lanes/lane-run';
import type { ResolvedProvider } from './provider-choice';
import { classify } from '../lanes/stage-failure';

interface ProviderRequest {
  readonly operation: ProviderCall['operation'];
  readonly chosen: ResolvedProvider<unknown>;
  /** The tokens of a text, which are counted while it arrives. */
  readonly usage?: Parameters<typeof providerCall>[2];
}

/** Makes a call to a provider in a span of its own, and counts what came of it. */
export async function askProvider<T>(
  { deps: { metrics }, claim, signal }: LaneRun,
  { operation, chosen: { name, model, baseUrl }, usage }: ProviderRequest,
  work: () => Promise<T>,
): Promise<T> {
  const { lane, attempt } = claim;
  const count = (status: Answer) =>
    metrics?.calls.answers.of({ provider: name, kind: MADE_BY[operation], status }).add(1);
  try {
    const call = { operation, provider: name, baseUrl, model, lane, attempt };
    const result = await providerCall(call, work, usage);
    count(isFailedJob(result) ? 'job_failed' : '200');
    return result;
  } catch (error) {
    count(signal.aborted ? 'stopped' : statusOf(error));
    throw error;
  }
}

/** The provider has answered, and reports that its job for a clip has failed. */
function isFailedJob(result: unknown): boolean {
  return typeof result === 'object' && result !== null && (result as { status?: unknown }).status === 'failed';
}

/** The result of a failed call: the HTTP status of its refusal, or why there was no usable answer. */
export function statusOf(error: unknown): Answer {
  if (error instanceof OpenAI.APIConnectionTimeoutError) return 'timeout';
  if (error instanceof OpenAI.APIConnectionError) return mayBeCharged(error) ? 'cut' : 'unreachable';
  if (error instanceof BrokenConnection) return 'cut';
  if (error instanceof ServerError || error instanceof SyntaxError) return 'unusable';
  const { type } = classify(error);
  if (type === 'Provider.QuotaExhausted') return 'quota';
  if (error instanceof OpenAI.APIError) return error.status === undefined ? 'cut' : answerOf(error.status as number);
  switch (type) {
    case 'Stream.FirstTokenTimeout':
    case 'Stream.Stalled':
      return 'timeout';
    case 'Stream.Cut':
      return 'cut';
    case 'Output.Unusable':
    case 'Output.TooLong':
    case 'Provider.BadRequest':
    case 'Provider.Refused':
    case 'Media.Unusable':
    case 'Media.Forbidden':
      return 'unusable';
    case 'Video.JobFailed':
    case 'Video.JobLost':
      return 'job_failed';
    default:
      return 'other';
  }
}
