import { Context } from '@temporalio/activity';

/** A cancellation comes only in the answer to a beat, so this bounds how late a lane hears of it. */
const BEAT_MS = 1_000;
/** Each beat is a call to Temporal and a write there: many lanes in one worker share so many beats a second … */
const MOST_BEATS_PER_SECOND = 25;
/** … but beat this often at least, well within the heartbeat time-out. */
const SLOWEST_BEAT_MS = 5_000;

/** Lanes that this process is beating for. */
let beating = 0;

/**
 * Beats on a timer of its own, because the first token may take longer than the heartbeat time-out. The details are
 * counters only: they stay in Temporal, and are lost when the worker is killed. Call what it returns to stop.
 */
export function startHeartbeat(details: () => Readonly<Record<string, number>>): () => void {
  const context = Context.current();
  let timer: NodeJS.Timeout;
  const beat = () => {
    context.heartbeat(details());
    timer = setTimeout(beat, beatMs(beating));
  };
  beating += 1;
  beat();
  return () => {
    beating -= 1;
    clearTimeout(timer);
  };
}

/** How long a worker with so many lanes waits between two beats of one lane. */
export function beatMs(lanes: number): number {
  return Math.min(SLOWEST_BEAT_MS, Math.max(BEAT_MS, (lanes * 1_000) / MOST_BEATS_PER_SECOND));
}
