/** Why everything is being stopped: a person asked for it, or something that cannot be done without has failed. */
export interface StopSignal {
  /** Its reason names in a word what caused the end. */
  readonly signal: AbortSignal;
  stop(why: string): void;
  fail(error: Error): void;
  hasFailed(): boolean;
  /** Throws the failure, if it was one. */
  throwIfFailed(): void;
}

/** npm passes a Ctrl-C on that the terminal has sent us already; that is still the first one. */
const SAME_KEY_MS = 500;

/** Fires at the first SIGINT, SIGTERM or SIGHUP; `atOnce` is called at the second one. */
export function watchForStop(atOnce: () => void): StopSignal {
  const controller = new AbortController();
  let first = 0;
  const onSignal = (name: string) => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort(name);
    } else if (performance.now() - first > SAME_KEY_MS) {
      atOnce();
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  let failure: Error | undefined;
  return {
    signal: controller.signal,
    stop: (why) => controller.abort(why),
    fail: (error) => {
      failure ??= error;
      controller.abort('failure');
    },
    hasFailed: () => failure !== undefined,
    throwIfFailed: () => {
      if (failure) throw failure;
    },
  };
}
