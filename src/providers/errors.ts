/** The provider answered, but told of a failure, or not with what its API promises. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
}

/** The connection to the provider broke while its answer was coming. */
export class BrokenConnection extends Error {
  override readonly name = 'BrokenConnection';

  constructor(
    readonly code: string,
    options?: { cause?: unknown },
  ) {
    super(`the connection broke (${code})`, options);
  }
}
