import { Context } from '@temporalio/activity';

/** A cancellation comes in the answer to a beat; each is a call to Temporal and a write there. */
const NORMAL_INTERVAL_MS = 5_000;
/** While nothing else would bring a cancellation in time. */
const FAST_INTERVAL_MS = 500;
/** The workflow answers a cancel within this, nearly always. */
const SOON_MS = 100;
/**
 * A heartbeat that is this late shows that the process was suspended. After a longer delay Temporal takes the attempt
 * for dead.
 */
const LATE_MS = 2_000;

/** How a lane can be stopped besides by the answer to a beat. */
export interface HeartbeatState {
  /** True while a stop sent now would be received at once. */
  readonly isListening: boolean;
  /** A stop was received, and the attempt waits for Temporal's reason. */
  readonly stopped: boolean;
}

export interface Heartbeat {
  /** One beat more, because a cancellation is on its way. */
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
  pace: () => HeartbeatState,
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
  let turned = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - turned > FAST_INTERVAL_MS + LATE_MS) onLate();
    turned = now;
    waited += FAST_INTERVAL_MS;
    if (waited >= beatMs(beats, pace())) beat();
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

/** How long a lane that has beaten so often waits for its next beat. */
export function beatMs(beats: number, { isListening: heard, stopped }: HeartbeatState): number {
  // A stop that was sent just before the subscription is found with the second heartbeat.
  return stopped || !heard || beats < 2 ? FAST_INTERVAL_MS : NORMAL_INTERVAL_MS;
}
