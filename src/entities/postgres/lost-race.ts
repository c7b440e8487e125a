import { codeOf } from '../database-fault';

/** Two transactions have waited for each other, or one has seen what the other has changed; Postgres let one of them go. */
const LOST_RACES: ReadonlySet<string | undefined> = new Set(['40P01', '40001']);

export const LOST_RACE_TRIES = 5;
const PAUSE_MS = 20;

/** Whether the same work, done once more, may succeed at once. */
export function isLostRace(error: unknown): boolean {
  return LOST_RACES.has(codeOf(error));
}

/** Longer each time, and never the same for two. */
export function pauseAfterLostRace(tries: number): number {
  return Math.random() * PAUSE_MS * 2 ** tries;
}
