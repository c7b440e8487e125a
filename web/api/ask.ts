import type { FieldError } from '../../src/protocol';

/** A refusal of the gateway, as `application/problem+json`, or the fact that it could not be reached (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: readonly FieldError[] = [],
  ) {
    super(detail);
  }
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly etag: string | undefined;
}

type Headers = Readonly<Record<string, string>>;

/** Asks the gateway. Throws `Problem`. */
export async function ask<T = unknown>(
  method: string,
  path: string,
  body?: unknown,
  headers: Headers = {},
): Promise<Answer<T>> {
  const answer = await fetch(path, {
    method,
    credentials: 'same-origin',
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Problem(0, 'Gateway.Away', 'The gateway does not answer.');
  });
  const isJson = (answer.headers.get('content-type') ?? '').includes('json');
  const read = (isJson ? await answer.json() : await answer.text()) as unknown;
  if (answer.status >= 400) throw problemIn(answer.status, read);
  return { status: answer.status, body: read as T, etag: answer.headers.get('etag') ?? undefined };
}

export function problemIn(status: number, read: unknown): Problem {
  const { code, detail, errors } = (typeof read === 'object' && read !== null ? read : {}) as Partial<Problem>;
  return new Problem(status, code ?? `HTTP ${status}`, detail ?? `The answer was ${status}.`, errors ?? []);
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem
    ? error
    : new Problem(0, 'Page', String((error as Error | undefined)?.message ?? error));
}
