/** The provider answered, but reported a failure, or broke the promise of its API. */
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

/** An image or a clip was made, but it cannot be used. */
export class UnusableMedia extends ServerError {}

/** It is of a kind that nobody here can decode, and so would be another one of the same model. */
export class UndecodedMedia extends UnusableMedia {}

/** The provider knows the job, but does not deliver, or not yet; or its answer is unreadable. */
export class NotReady extends Error {
  override readonly name = 'NotReady';

  constructor(
    message: string,
    /** The provider reports that the clip is gone and will not come. */
    readonly isGone = false,
  ) {
    super(message);
  }
}

/** The model does not take what it was asked for; what it takes has been learned, and nothing is paid. */
export class OtherOrder extends Error {
  override readonly name = 'OtherOrder';
}

/** A request may have been taken, but its answer names nothing by which it could be followed. */
export class LostOrder extends Error {
  override readonly name = 'LostOrder';
}
