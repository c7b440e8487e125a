import type { StopRequest } from '../../src/protocol';
import type { ControlChannel } from '../../src/stream/control-channel';

/** The control channel of a single process: for tests of code that uses the port. */
export class MemoryControlChannel implements ControlChannel {
  private readonly listeners = new Set<(request: StopRequest) => void>();

  get isReady(): boolean {
    return this.listeners.size > 0;
  }

  stop(request: StopRequest): Promise<boolean> {
    for (const listener of [...this.listeners]) listener(request);
    return Promise.resolve(true);
  }

  listen(listener: (request: StopRequest) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  close(): void {
    this.listeners.clear();
  }
}
