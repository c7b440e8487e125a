import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor, type ConnectionOptions } from '@temporalio/client';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];
type Call = ReturnType<Interceptor>;

const CANCELLED = 1;

/**
 * The library's retries, for a connection that may be closed between two of them. The library makes the next call on a
 * timer, where a closed connection throws. Nobody could catch that, and the caller would wait for ever.
 */
export function retriesUntilClosed(): Interceptor[] {
  return [retryInTime, cancelIfClosed];
}

/** Not after the deadline of the call: its last answer, and not its lateness, is why it has failed. */
const retryInTime: Interceptor = (options, nextCall) => {
  const { retryableDecider, delayFunction } = defaultGrpcRetryOptions();
  const deadline = Number(options.deadline ?? Infinity);
  let delay = 0;
  const retry = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => {
      delay = delayFunction(attempt, status);
      return retryableDecider(attempt, status) && Date.now() + delay < deadline;
    },
    delayFunction: () => delay,
  });
  return retry(options, nextCall);
};

const cancelIfClosed: Interceptor = (options, nextCall) => {
  try {
    return nextCall(options) as Call;
  } catch (error) {
    return cancelledCall(error instanceof Error ? error.message : 'The connection is closed.');
  }
};

function cancelledCall(details: string): Call {
  const nothing = () => undefined;
  const call: Omit<Call, 'nextCall'> = {
    start: (metadata, listener) =>
      process.nextTick(() => {
        listener?.onReceiveMessage?.(null);
        listener?.onReceiveStatus?.({ code: CANCELLED, details, metadata });
      }),
    getPeer: () => '',
    getAuthContext: () => null,
    cancelWithStatus: nothing,
    sendMessage: nothing,
    sendMessageWithContext: nothing,
    startRead: nothing,
    halfClose: nothing,
  };
  return call as Call;
}
