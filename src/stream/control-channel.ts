import type { StopRequest } from '../protocol';

/**
 * Broadcasts stop requests to all workers before Temporal's cancellation arrives with a heartbeat. Best effort: a
 * request may be lost or delivered twice. A port with a Redis and an in-memory version, which pass one contract suite.
 * Glossary: control channel.
 */
export interface ControlChannel {
  /**
   * Sends the request to the listeners of this process and of others. Resolves with false if others could not be
   * reached. It never rejects, and takes one second at most.
   */
  stop(request: StopRequest): Promise<boolean>;
  /** The returned function ends the subscription. */
  listen(listener: (request: StopRequest) => void): () => void;
  /**
   * True while a stop sent now would be received here. False until somebody listens, while the connection is lost, and
   * for a moment after its return, because requests sent meanwhile were missed.
   */
  readonly isReady: boolean;
  close(): void;
}
