/**
 * An embedded service, its folder or its address is not usable. `hint` states what the person at the keyboard can do
 * about it.
 */
export class StackError extends Error {
  override readonly name: string = 'StackError';

  constructor(
    message: string,
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A service ended before it answered. `logTail` is the end of what it wrote. */
export class ServiceDied extends StackError {
  override readonly name = 'ServiceDied';

  constructor(
    service: string,
    readonly logTail: string,
    logFile: string,
  ) {
    super(`${service} ended while it was starting. The end of its log:\n${logTail}`, `The whole log is in ${logFile}`);
  }
}

/** A live process already works in this state folder. `published` contains the facts that it has published. */
export class StackInUse extends StackError {
  override readonly name = 'StackInUse';

  constructor(
    readonly stateDir: string,
    readonly pid: number,
    readonly published: Readonly<Record<string, string>>,
    hint = `Use the one that runs, or stop it first (Ctrl-C in its terminal, or kill ${pid})`,
  ) {
    super(`Storyreel already runs in ${stateDir} (process ${pid})`, hint);
  }
}

export function messageOf(error: unknown): string {
  // A refused connection to a name with several addresses is an AggregateError with an empty message.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
}
