import { setTimeout as sleep } from 'node:timers/promises';
import { usageOf } from '../../harness/process-usage';
import type { Readers } from '../readers';
import type { Gateway } from '../servers';

/** Longer than two heartbeats. */
const IDLE_MS = 32_000;

/** What viewers cost while nothing happens: bytes of memory each, and the share of a core of all. */
export async function idle(gateway: Gateway, readers: Readers, viewers: number) {
  // One that has served a crowd keeps memory for the next, and would seem to need none.
  await gateway.end('SIGTERM');
  await gateway.startAgain();
  const story = await gateway.story();
  const open = { do: 'open', port: gateway.port, paths: [story.path], marks: true } as const;
  await readers.ask({ ...open, each: 1, withinMs: 0 });
  await readers.ask({ do: 'leave' });
  const before = usageOf(gateway.pid);
  await readers.ask({ ...open, each: viewers, withinMs: viewers / 2 });
  await sleep(1_000);
  const opened = usageOf(gateway.pid);
  await sleep(IDLE_MS);
  const after = usageOf(gateway.pid);
  await readers.ask({ do: 'leave' });
  return {
    viewers,
    bytesEach: (after.rss - before.rss) / viewers,
    coreShare: ((after.cpuSeconds - opened.cpuSeconds) * 1_000) / IDLE_MS,
  };
}
