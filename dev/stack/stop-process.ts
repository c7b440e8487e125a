import { isAlive, type ProcessIdentity } from './process-identity';
import { waitUntil } from './wait-until';

export interface TrackedProcess extends ProcessIdentity {
  name: string;
  /** `guest` processes use the services, so they are stopped before them. */
  kind: 'service' | 'guest';
  /** The signal that asks it to end in good order. */
  stopSignal: NodeJS.Signals;
}

const GRACE_MS = 5_000;

/** Stops guests first, the last one first; then all services at once. Returns when none is left. */
export async function stopAll(processes: readonly TrackedProcess[]): Promise<void> {
  for (const guest of processes.filter(({ kind }) => kind === 'guest').reverse()) await stopProcess(guest);
  await Promise.all(processes.filter(({ kind }) => kind === 'service').map(stopProcess));
}

/** Asks the process to end and kills it after 5 s. A process that merely has the same number is left alone. */
export async function stopProcess(tracked: TrackedProcess): Promise<void> {
  const gone = () => !isAlive(tracked);
  if (gone()) return;
  send(tracked.pid, tracked.stopSignal);
  if (await waitUntil(gone, { boundMs: GRACE_MS })) return;
  // A service leads its own process group, so this takes its children with it.
  send(-tracked.pid, 'SIGKILL');
  send(tracked.pid, 'SIGKILL');
  await waitUntil(gone, { boundMs: GRACE_MS });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // ESRCH: it ended on its own in between, or it leads no group.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
