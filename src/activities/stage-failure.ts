import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import OpenAI from 'openai';
import { FAILURES, StoryreelError, type EventError, type FailureType } from '../protocol';
import { BrokenConnection, ServerError } from '../providers';
import { UnusableOutput } from '../stages';

const RETRY_DELAY_MS = { least: 100, most: 10 * 60_000 };
const MOST_MESSAGE = 300;
/** Of a provider's own words, so that our advice fits behind them. */
const MOST_QUOTE = 200;

/** A failure in our own words. `issues` and `retryAfterMs` only where they apply. */
export interface StageFailure extends EventError {
  readonly type: FailureType;
  readonly retryAfterMs?: number;
}

/**
 * Maps whatever an activity met to one dotted type, retryable or not. The message is safe to keep for ever: keys are
 * taken out, and an unknown error gives only its name, because its own words may quote a prompt or a generated text.
 */
export function classify(error: unknown): StageFailure {
  if (error instanceof StoryreelError) return failure(error.type, error.message);
  if (error instanceof UnusableOutput) return { ...failure('Output.Unusable', error.message), issues: error.issues };
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
  if (error instanceof ServerError) return failure('Provider.Unavailable', `The provider failed: ${error.message}`);

  const code = codeOf(error);
  if (isDatabaseError(error)) {
    return isPassingDatabaseFault(code) || endsTheSession(error)
      ? failure('Database.Unavailable', `Postgres could not do the work now (${code ?? 'connection lost'}).`)
      : failure('Internal', `Postgres refused a statement (${code ?? 'no code'}).`);
  }
  if (error instanceof SyntaxError) return failure('Stream.Cut', 'The provider sent something that is not valid JSON.');
  const name = error instanceof Error ? error.name : typeof error;
  return failure('Internal', `Unexpected ${name}${code ? ` (${code})` : ''}; the worker's log has the details.`);
}

/** What an activity throws to Temporal. */
export function toApplicationFailure(error: unknown): ApplicationFailure | CancelledFailure {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const { type, message, retryable, issues, retryAfterMs } = classify(error);
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: !retryable,
    ...(issues && { details: [{ issues }] }),
    ...(retryAfterMs !== undefined && { nextRetryDelay: retryAfterMs }),
  });
}

function failure(type: FailureType, message: string): StageFailure {
  return { type, message: safe(message), retryable: FAILURES[type].retryable };
}

type ProviderError = InstanceType<typeof OpenAI.APIError<number | undefined, Headers | undefined>>;

function ofProvider(error: ProviderError): StageFailure {
  const { status } = error;
  const said = `The provider answered ${status ?? 'with an error'}: ${safe(error.message.replace(/^\d{3} /, ''), MOST_QUOTE)}`;
  if (error.code === 'insufficient_quota') return failure('Provider.QuotaExhausted', said);
  switch (status) {
    case 401:
    case 403:
      return failure('Provider.Unauthorized', `${said} Check the key that is set for this provider.`);
    case 404:
      return failure('Provider.NotFound', `${said} Check the base URL and the model's name.`);
    case 429:
      return { ...failure('Provider.RateLimited', said), ...retryAfter(error.headers) };
    case 408:
    case 409:
    case 425:
      return failure('Provider.Unavailable', said);
    case undefined:
      return failure('Provider.Unavailable', said);
    default:
      return status >= 500
        ? { ...failure('Provider.Unavailable', said), ...retryAfter(error.headers) }
        : failure('Provider.BadRequest', said);
  }
}

/** The provider's own wish, in either of its two headers, within bounds that keep a run alive. */
function retryAfter(headers: Headers | undefined): { retryAfterMs?: number } {
  const inMs = Number(headers?.get('retry-after-ms') ?? NaN);
  const header = headers?.get('retry-after');
  const inSeconds = header ? Number(header) : NaN;
  const untilDate = header ? Date.parse(header) - Date.now() : NaN;
  const ms = [inMs, inSeconds * 1000, untilDate].find((value) => Number.isFinite(value));
  if (ms === undefined) return {};
  return { retryAfterMs: Math.round(Math.min(Math.max(ms, RETRY_DELAY_MS.least), RETRY_DELAY_MS.most)) };
}

/** Providers' connections have error classes of their own, so that a bare one is Postgres'. */
const LOST_CONNECTION = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH']);

function codeOf(error: unknown): string | undefined {
  const { code, driverError } = (error ?? {}) as { code?: unknown; driverError?: { code?: unknown } };
  const found = driverError?.code ?? code;
  return typeof found === 'string' ? found : undefined;
}

function isDatabaseError(error: unknown): boolean {
  const { name, message } = (error ?? {}) as { name?: string; message?: string };
  if (name === 'QueryFailedError' || name === 'CannotConnectAlreadyConnectedError') return true;
  if (
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
      message ?? '',
    )
  ) {
    return true;
  }
  // Postgres' own errors have a severity; others may have a code that only looks like an SQLSTATE.
  return (
    LOST_CONNECTION.has(codeOf(error) ?? '') ||
    typeof (error as { severity?: unknown } | undefined)?.severity === 'string'
  );
}

/**
 * SQLSTATE classes for a lost connection, missing resources, an operator's stop, a lost race and a failing system; and a
 * server, or a lock, that takes no write now.
 */
function isPassingDatabaseFault(code: string | undefined): boolean {
  return code === undefined || !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57|58|40|25006|55P03)/.test(code);
}

/** Whatever its code: it is about the server, and about no statement. */
function endsTheSession(error: unknown): boolean {
  const { severity, driverError } = (error ?? {}) as { severity?: unknown; driverError?: { severity?: unknown } };
  return /^(FATAL|PANIC)$/.test(String(driverError?.severity ?? severity));
}

const SECRETS = [/\b(sk|pk|rk|key|token)-[\w*.-]{4,}/gi, /\bBearer\s+\S+/gi, /:\/\/[^\s:@/]*:[^\s@/]+@/g];

function safe(text: string, most = MOST_MESSAGE): string {
  const hidden = SECRETS.reduce((result, pattern) => result.replace(pattern, '[hidden]'), text);
  return hidden.length > most ? `${hidden.slice(0, most - 1)}…` : hidden;
}
