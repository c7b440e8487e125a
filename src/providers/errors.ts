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

/** No connection came about, so that the provider has nothing of the request. `code` is that of the system. */
export class NotSent extends Error {
  override readonly name = 'NotSent';
  readonly code: string;

  constructor(cause: NodeJS.ErrnoException) {
    super(`no connection (${cause.code ?? cause.message})`, { cause });
    this.code = cause.code ?? 'no connection';
  }
}

/** An image or a clip was made, and what came of it is none that can be used. */
export class UnusableMedia extends ServerError {}
