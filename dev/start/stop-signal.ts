/** Why everything is being stopped: a person asked for it, or something that cannot be done without has failed. */
export interface StopSignal {
  readonly signal: AbortSignal;
  stop(): void;
  fail(error: Error): void;
  /** Throws the failure, if it was one. */
  throwIfFailed(): void;
}

/** npm passes a Ctrl-C on that the terminal has sent us already; that is still the first one. */
const SAME_KEY_MS = 500;

/** Fires at the first SIGINT, SIGTERM or SIGHUP; `atOnce` is called at the second one. */
export function watchForStop(atOnce: () => void): StopSignal {
  const controller = new AbortController();
  let first = 0;
  const onSignal = () => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort();
    } else if (performance.now() - first > SAME_KEY_MS) {
      atOnce();
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  let failure: Error | undefined;
  return {
    signal: controller.signal,
    stop: () => controller.abort(),
    fail: (error) => {
      failure ??= error;
      controller.abort();
    },
    throwIfFailed: () => {
      if (failure) throw failure;
    },
  };
}
