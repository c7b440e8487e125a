import { Context } from '@temporalio/activity';

/** The usual interval. A heartbeat is a call to Temporal and a write there; its reply brings a cancellation. */
const NORMAL_INTERVAL_MS = 5_000;
/** The interval while the reply to a heartbeat is the only way to learn of a cancellation in time. */
const FAST_INTERVAL_MS = 500;
/** A workflow nearly always answers a cancel within this time. */
const SOON_MS = 100;
/**
 * A heartbeat that is this late shows that the process was suspended. After a longer delay Temporal takes the attempt
 * for dead.
 */
const LATE_MS = 2_000;

/** How an attempt learns of a stop other than by the reply to a heartbeat. */
export interface HeartbeatState {
  /** True while a stop sent now would be received at once. */
  readonly isListening: boolean;
  /** A stop was received, and the attempt waits for Temporal's reason. */
  readonly stopped: boolean;
}

export interface Heartbeat {
  /** Sends one more heartbeat soon, because a cancellation is on its way. */
  beatSoon(): void;
  end(): void;
}

/**
 * Sends heartbeats on a timer of its own, because the first token may take longer than the heartbeat time-out. The
 * details are counters, and the type of an outage that the attempt waits for. Temporal keeps them; a killed worker
 * loses them.
 */
export function startHeartbeat(
  details: () => Readonly<Record<string, number | string>>,
  state: () => HeartbeatState,
  onLate: () => void = () => undefined,
): Heartbeat {
  const context = Context.current();
  let beats = 0;
  let waited = 0;
  const beat = () => {
    context.heartbeat(details());
    beats += 1;
    waited = 0;
  };
  beat();
  let lastTick = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - lastTick > FAST_INTERVAL_MS + LATE_MS) onLate();
    lastTick = now;
    waited += FAST_INTERVAL_MS;
    if (waited >= beatMs(beats, state())) beat();
  }, FAST_INTERVAL_MS);
  let soon: NodeJS.Timeout | undefined;
  return {
    beatSoon: () => void (soon ??= setTimeout(beat, SOON_MS)),
    end: () => {
      clearInterval(timer);
      clearTimeout(soon);
    },
  };
}

/** How long an attempt that has sent so many heartbeats waits for the next one, in milliseconds. */
export function beatMs(beats: number, { isListening, stopped }: HeartbeatState): number {
  // A stop that was sent just before the subscription is found with the second heartbeat.
  return stopped || !isListening || beats < 2 ? FAST_INTERVAL_MS : NORMAL_INTERVAL_MS;
}
