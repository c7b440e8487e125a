import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import OpenAI from 'openai';
import { codeOf, databaseFaultOf, PoolUsedUp } from '../../entities';
import {
  boundedIssues,
  boundedLine,
  FAILURES,
  StoryreelError,
  type EventError,
  type FailureType,
} from '../../protocol';
import {
  BrokenConnection,
  delayInHeaders,
  failureKind,
  LostOrder,
  NotReady,
  ServerError,
  statedDelayMs,
  UnusableMedia,
} from '../../providers';
import { scrub } from '../../scrub';
import { UnusableOutput } from '../../stages';
import { ClockWentBack } from './clock';
import { WastedOrder } from '../usage/wasted-order';

const RETRY_DELAY_MS = { least: 100, most: 10 * 60_000 };
/** In bytes, as all text from outside is bounded. */
const MAX_MESSAGE = 300;
/** The most that is quoted of a provider's message, so that our advice fits after the quotation. */
const MAX_QUOTE = 200;

/** A failure in our own words. `issues` and `retryAfterMs` are set only if they apply. */
export interface StageFailure extends EventError {
  readonly type: FailureType;
  readonly retryAfterMs?: number;
}

/**
 * Maps any error of an activity to one dotted type, retryable or not. The message may be stored for ever: keys are
 * removed from it. An unknown error gives only its name, because its message may quote a prompt or a generated text.
 */
export function classify(error: unknown): StageFailure {
  if (error instanceof ClockWentBack) {
    return { ...failure(error.type, error.message), ...delayOf(error.retryAfterMs) };
  }
  if (error instanceof WastedOrder) return classify(error.cause);
  if (error instanceof StoryreelError) return failure(error.type, error.message);
  if (error instanceof UnusableOutput) {
    return { ...failure('Output.Unusable', error.message), issues: boundedIssues(error.issues) };
  }
  if (error instanceof OpenAI.APIConnectionTimeoutError) {
    return failure('Provider.Unavailable', 'The provider did not answer in time.');
  }
  if (error instanceof OpenAI.APIConnectionError) {
    return failure(
      'Provider.Unavailable',
      `The provider could not be reached (${codeOf(error.cause) ?? 'no connection'}).`,
    );
  }
  if (error instanceof OpenAI.APIError) return ofProvider(error as ProviderError);
  if (error instanceof BrokenConnection)
    return failure('Stream.Cut', `The connection to the provider broke (${error.code}).`);
  if (error instanceof UnusableMedia)
    return failure('Media.Unusable', `What the provider made cannot be used: ${error.message}`);
  if (error instanceof NotReady)
    return failure('Video.JobLost', `The provider does not give the clip of its job: ${error.message}`);
  if (error instanceof LostOrder)
    return failure('Video.AmbiguousSubmit', `The provider may have taken the job: ${error.message}`);
  if (error instanceof ServerError) return failure('Provider.Unavailable', `The provider failed: ${error.message}`);

  const code = codeOf(error);
  if (error instanceof PoolUsedUp) return failure('Database.Unavailable', error.message);
  const fault = databaseFaultOf(error);
  if (fault?.kind === 'passing') {
    return failure('Database.Unavailable', `Postgres could not do the work now (${code ?? 'connection lost'}).`);
  }
  if (fault) {
    const type = fault.kind === 'refused' ? 'Database.Refused' : 'Internal';
    return failure(type, `Postgres refused a statement (${code ?? 'no code'}).`);
  }
  if (error instanceof SyntaxError) return failure('Stream.Cut', 'The provider sent something that is not valid JSON.');
  const name = error instanceof Error ? error.name : typeof error;
  return failure('Internal', `Unexpected ${name}${code ? ` (${code})` : ''}; the worker's log has the details.`);
}

/**
 * The failure that an activity throws to Temporal. `isFinal`: there is no further attempt, although one might succeed.
 */
export function toApplicationFailure(error: unknown, isFinal = false): ApplicationFailure | CancelledFailure {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const { type, message, retryable, issues, retryAfterMs } = classify(error);
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: isFinal || !retryable,
    ...(issues && { details: [{ issues }] }),
    ...(retryAfterMs !== undefined && { nextRetryDelay: retryAfterMs }),
  });
}

function failure(type: FailureType, message: string): StageFailure {
  return { type, message: safe(message), retryable: FAILURES[type].retryable };
}

type ProviderError = InstanceType<typeof OpenAI.APIError<number | undefined, Headers | undefined>>;

function ofProvider(error: ProviderError): StageFailure {
  const { status, code, type, message } = error as ProviderError & { code?: unknown; type?: unknown };
  const answered = `The provider answered ${status ?? 'with an error'}: ${safe(message.replace(/^\d{3} /, ''), MAX_QUOTE)}`;
  const kind = failureKind({
    message,
    ...(status !== undefined && { status }),
    ...(code != null && { code: String(code) }),
    ...(type != null && { type: String(type) }),
  });
  switch (kind) {
    case 'quota':
      return failure('Provider.QuotaExhausted', answered);
    case 'refused':
      return failure('Provider.Refused', answered);
    case 'key':
      return failure('Provider.Unauthorized', `${sentence(answered)} ${whatToCheck(message)}`);
    case 'not-found':
      return failure('Provider.NotFound', `${sentence(answered)} Check the base URL and the model's name.`);
    case 'rate':
      return { ...failure('Provider.RateLimited', answered), ...retryAfter(error.headers, message) };
    case 'bad-request':
      return failure('Provider.BadRequest', answered);
    case 'unavailable':
    case 'unknown':
      return { ...failure('Provider.Unavailable', answered), ...retryAfter(error.headers, message) };
  }
}

/** The provider's own wish, in its headers or its words, within bounds that keep a run alive. */
function retryAfter(headers: Headers | undefined, message: string): { retryAfterMs?: number } {
  const ms = (headers && delayInHeaders(headers)) ?? statedDelayMs(message);
  return ms === undefined ? {} : delayOf(ms);
}

function sentence(words: string): string {
  return /[.!?。…]["”]?$/.test(words) ? words : `${words}.`;
}

/** A web page is no answer of the provider: as a rule, it is one of a firewall before it. */
function whatToCheck(message: string): string {
  return /^(?:\d{3} )?a web page/.test(message)
    ? 'Check the base URL, the key, and whether a firewall lets this worker through.'
    : 'Check the key that is set for this provider.';
}

function delayOf(ms: number): { retryAfterMs: number } {
  return { retryAfterMs: Math.round(Math.min(Math.max(ms, RETRY_DELAY_MS.least), RETRY_DELAY_MS.most)) };
}

function safe(text: string, most = MAX_MESSAGE): string {
  return boundedLine(scrub(text), most);
}
