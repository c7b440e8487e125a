/** An error answered in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code: string | null = null,
    readonly headers: Record<string, string> = {},
    /** The parameter of the request that is meant. */
    readonly param: string | null = null,
  ) {
    super(message);
  }

  get body(): object {
    const { message, status, param, code } = this;
    return { error: { message, type: errorType(status, code), param, code } };
  }
}

function errorType(status: number, code: string | null): string {
  if (code === 'insufficient_quota') return code;
  if (status === 429) return 'rate_limit_exceeded';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
