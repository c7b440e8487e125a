import { FAILURES, StoryreelError, type FailureType, type FieldError } from '../protocol';
import { scrub } from '../scrub';

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
  /** What to do. */
  readonly hint: string;
  /** The request, as the gateway's log names it. */
  readonly instance: string;
  readonly retryable: boolean;
}

/** The answer to the caller for a failure; an unforeseen failure gives no message of its own. */
export function problemOf(error: unknown, requestId: string): Problem {
  const failure = failureOf(error);
  const { status: special, ...facts } = failure instanceof Refusal ? failure.facts : {};
  const { title, hint, status } = FAILURES[failure.type];
  return {
    type: `/v1/errors#${failure.type}`,
    code: failure.type,
    title,
    status: special ?? status,
    detail: failure.type === 'Internal' ? 'Something unexpected went wrong. The log has it.' : scrub(failure.message),
    hint,
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
