import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startStack, type Report } from '../stack';

/** By name, because a state folder that somebody named may contain other files. */
const STATE = [
  ...['postgres', 'redis', 'temporal.db', 'temporal.db-shm', 'temporal.db-wal', 'secrets.json'],
  ...['studio', 'media', 'logs', 'env'],
];

/** Stops what a killed run left and deletes what was kept, but not the films and the fetched programs. */
export async function dropState(stateDir: string, report: Report): Promise<void> {
  // A stack of no services at all: its start is what stops the leftovers.
  const stack = await startStack({ stateDir, env: {}, need: [], persistent: true, report });
  await stack.stop();
  for (const name of STATE) rmSync(join(stateDir, name), { recursive: true, force: true });
}
