import { identify } from './process-identity';
import { removeProcessRecord, writeProcessRecord } from './process-record';
import { startReaper, type ReaperLink } from './reaper-link';
import { stopAll, type TrackedProcess } from './stop-process';

/**
 * All processes of one stack. Each change is written to the state folder and sent to the reaper at once. After a kill
 * -9 of the owner, or of everything, every process is therefore still known.
 */
export class ProcessTable {
  #tracked: TrackedProcess[] = [];
  #stopping = false;
  readonly #onUnexpectedEnd = new Map<number, () => void>();

  private constructor(
    private readonly stateDir: string,
    private readonly reaper: ReaperLink,
  ) {}

  static open(stateDir: string): ProcessTable {
    const table = new ProcessTable(stateDir, startReaper(stateDir));
    table.#publish();
    return table;
  }

  get pids(): Record<string, number> {
    return Object.fromEntries([...this.#tracked, this.reaper.process].map(({ name, pid }) => [name, pid]));
  }

  /** Does nothing for a process that has ended already. */
  add(pid: number, details: Pick<TrackedProcess, 'name' | 'kind' | 'stopSignal'>): void {
    const identity = identify(pid);
    if (!identity) return;
    this.#tracked.push({ ...identity, ...details });
    this.#publish();
  }

  /** Calls `listener` if the process ends before `stopAll`. */
  onUnexpectedEnd(pid: number, listener: () => void): void {
    this.#onUnexpectedEnd.set(pid, listener);
  }

  /** The process has been seen to end. */
  ended(pid: number): void {
    this.#tracked = this.#tracked.filter((tracked) => tracked.pid !== pid);
    if (!this.#stopping) this.#onUnexpectedEnd.get(pid)?.();
  }

  /** Stops everything, the reaper last, and forgets it. */
  async stopAll(): Promise<void> {
    this.#stopping = true;
    await stopAll(this.#tracked);
    await this.reaper.dismiss();
    removeProcessRecord(this.stateDir);
  }

  #publish(): void {
    // While everything is being stopped the record stays as it was: a process that has ended is harmless in it.
    if (this.#stopping) return;
    writeProcessRecord(this.stateDir, [...this.#tracked, this.reaper.process]);
    this.reaper.track(this.#tracked);
  }
}
