/** The memory of a worker: bytes, and objects that a leak would accumulate. */
export interface Measured {
  readonly heapUsed: number;
  readonly rss: number;
  readonly abortSignals: number;
  /** Sockets, timers and what else keeps a process alive. */
  readonly handles: number;
}
