import type { StopRequest } from '../protocol';

/**
 * Tells all workers at once to stop lanes, ahead of Temporal's own word, which comes only in the answer to a heartbeat. A
 * hint and no truth: it may get lost, and it may be told twice. A port with a Redis and an in-memory version, held to the
 * same by one contract suite.
 */
export interface ControlChannel {
  /**
   * Whoever listens, in this process and in others, hears of it. Resolves false where others could not be told; it never
   * rejects, and never takes longer than a moment.
   */
  stop(request: StopRequest): Promise<boolean>;
  /** Call what it gives, to leave. */
  listen(listener: (request: StopRequest) => void): () => void;
  /**
   * A stop that is sent now is heard here. False until somebody listens, while the way to the others is away, and for a
   * moment after its return, because what was sent meanwhile was missed.
   */
  readonly up: boolean;
  close(): void;
}
