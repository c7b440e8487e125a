import { isFailureType, StoryreelError, type FailureType } from '../protocol';

/** A failure that the gateway has answered with, or that kept its answer from coming. */
export class HttpFailure extends StoryreelError {
  constructor(
    type: FailureType,
    message: string,
    /** The status of the answer; 0 if there was no answer. */
    readonly status: number,
    /** The whole problem (RFC 9457), with its fields, scopes and versions. */
    readonly problem: Readonly<Record<string, unknown>> = {},
    options?: { cause?: unknown },
  ) {
    super(type, message, options);
  }
}

/** The failure of an answer that is no success. An answer that is not ours (a proxy's page) counts as unreachable. */
export async function failureOf(answer: Response): Promise<HttpFailure> {
  const problem = (await answer.json().catch(() => undefined)) as Readonly<Record<string, unknown>> | null | undefined;
  const code = problem?.['code'];
  const detail = problem?.['detail'];
  if (isFailureType(code))
    return new HttpFailure(code, typeof detail === 'string' ? detail : code, answer.status, problem ?? {});
  const type = typeForStatus(answer.status);
  return new HttpFailure(
    type,
    `The gateway cannot be reached: an answer with status ${answer.status} is not its own.`,
    answer.status,
  );
}

export function notReached(cause: unknown): HttpFailure {
  return new HttpFailure('Service.Unreachable', 'The gateway cannot be reached. Check its address.', 0, {}, { cause });
}

function typeForStatus(status: number): FailureType {
  if (status === 401) return 'Request.Unauthenticated';
  if (status === 403) return 'Request.Forbidden';
  if (status === 404 || status === 410) return 'Request.NotFound';
  return 'Service.Unreachable';
}

/** The answer is not what the document of the gateway states. `why` has nothing of the answer. */
export function unreadable(why: string, status: number): HttpFailure {
  return new HttpFailure('Response.Invalid', `The answer of the gateway cannot be read: ${why}.`, status);
}

/** Whatever the client has met, as a failure of the catalogue. */
export function httpFailure(error: unknown): StoryreelError {
  if (error instanceof StoryreelError) return error;
  const message = 'The call cannot be made with what was given: an argument is not of its type.';
  return new HttpFailure('Request.Invalid', message, 0, {}, { cause: error });
}
