import { STATUS_CODES } from 'node:http';
import { StoryreelError, type FailureType } from '../protocol';
import { scrub } from '../scrub';

/** The HTTP status of every failure of the one catalogue. */
export const STATUS_OF = {
  'Provider.RateLimited': 503,
  'Provider.Unavailable': 503,
  'Provider.QuotaExhausted': 503,
  'Provider.Unauthorized': 503,
  'Provider.NotFound': 503,
  'Provider.BadRequest': 502,
  'Provider.Refused': 502,
  'Provider.NotConfigured': 503,
  'Stream.FirstTokenTimeout': 503,
  'Stream.Stalled': 503,
  'Stream.Cut': 503,
  'Stream.Unavailable': 503,
  'Output.Unusable': 502,
  'Output.TooLong': 502,
  'Budget.Exhausted': 409,
  'Budget.NoPrices': 409,
  'Video.JobFailed': 502,
  'Video.JobLost': 502,
  'Video.AmbiguousSubmit': 502,
  'Film.Failed': 502,
  'Film.Empty': 409,
  'Media.Unavailable': 503,
  'Media.Unusable': 502,
  'Media.Forbidden': 502,
  'Database.Unavailable': 503,
  'Database.Refused': 500,
  'Database.NotMigrated': 503,
  'Lane.Stale': 409,
  'Clock.WentBack': 503,
  'Lane.EndedByHand': 409,
  'Lane.Edited': 409,
  'Lane.Moved': 409,
  'Lane.Busy': 409,
  'Lane.Cancelled': 409,
  'Lane.Stopped': 409,
  'Worker.ShuttingDown': 503,
  'Worker.CannotServe': 503,
  'Project.NotFound': 404,
  'Project.Invalid': 422,
  'Project.Conflict': 412,
  'Project.AlreadyRunning': 409,
  'Project.WouldReplaceEdits': 409,
  'Project.NotRunning': 409,
  'Run.Gone': 404,
  'Message.Stale': 409,
  'Worker.Absent': 503,
  'Batch.NotFound': 404,
  'Stage.Unknown': 422,
  'Request.Invalid': 400,
  'Request.Unauthenticated': 401,
  'Request.Forbidden': 403,
  'Request.NotFound': 404,
  'Request.TooLarge': 413,
  'Request.NotConditional': 428,
  'Request.Repeated': 422,
  'Request.TooMany': 429,
  'Gateway.Busy': 503,
  'Config.Invalid': 500,
  'Client.Closed': 503,
  'Service.Unreachable': 503,
  'Stream.Mismatch': 500,
  Internal: 500,
} as const satisfies Record<FailureType, number>;

/** The fault of one field, by its place in the body (RFC 6901). */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** Further facts of a failure, for the caller. */
interface Facts {
  readonly status?: number;
  readonly errors?: readonly FieldError[];
  /** The scope that the credential lacks. */
  readonly scope?: string;
  /** The present version of the project. */
  readonly version?: number;
  /** Seconds; also the header Retry-After. */
  readonly retry_after?: number;
}

/** A failure with facts that the problem shows. */
export class Refusal extends StoryreelError {
  constructor(
    type: FailureType,
    message: string,
    readonly facts: Facts = {},
  ) {
    super(type, message);
  }
}

/** A body of `application/problem+json` (RFC 9457). */
export interface Problem extends Omit<Facts, 'status'> {
  readonly type: string;
  readonly code: FailureType;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The request, as the gateway's log names it. */
  readonly instance: string;
  readonly retryable: boolean;
}

/** The answer to the caller for a failure; an unforeseen failure gives no message of its own. */
export function problemOf(error: unknown, requestId: string): Problem {
  const failure = failureOf(error);
  const { status: special, ...facts } = failure instanceof Refusal ? failure.facts : {};
  const status = special ?? STATUS_OF[failure.type];
  return {
    type: `/v1/errors#${failure.type}`,
    code: failure.type,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: failure.type === 'Internal' ? 'Something unexpected went wrong. The log has it.' : scrub(failure.message),
    instance: `/v1/requests/${requestId}`,
    retryable: failure.retryable,
    ...facts,
  };
}

function failureOf(error: unknown): StoryreelError {
  if (error instanceof StoryreelError) return error;
  // An error of the HTTP server: it could not read the request.
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new StoryreelError('Request.TooLarge', 'The body is over 1 MB.');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new Refusal('Request.Invalid', 'The body must be sent as application/json.', { status: 415 });
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new StoryreelError('Request.Invalid', 'The request cannot be read; a body must be JSON.');
  }
  return new StoryreelError('Internal', 'Unexpected.', { cause: error });
}
