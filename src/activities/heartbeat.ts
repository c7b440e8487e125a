import { Context } from '@temporalio/activity';

/** A cancellation comes only in the answer to a beat, so this bounds how late a stream hears of it. */
const BEAT_MS = 1_000;

/**
 * Beats on a timer of its own, because the first token may take longer than the heartbeat time-out. The details are
 * counters only: they stay in Temporal, and are lost when the worker is killed. Call what it returns to stop.
 */
export function startHeartbeat(details: () => Readonly<Record<string, number>>): () => void {
  const context = Context.current();
  context.heartbeat(details());
  const timer = setInterval(() => context.heartbeat(details()), BEAT_MS);
  return () => clearInterval(timer);
}
