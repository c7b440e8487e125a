import type { Readers } from '../readers';
import type { Gateway, Story } from '../servers';
import { writeAll } from './crowd';

const RATE = 50;
/** All viewers come back within this time. */
const WITHIN_MS = 2_000;

/** A story of two seconds, which all viewers have. */
async function growing(gateway: Gateway, readers: Readers, viewers: number): Promise<Story> {
  const story = await gateway.story();
  const open = { port: gateway.port, paths: [story.path], marks: true } as const;
  await readers.ask({ do: 'open', ...open, each: viewers, withinMs: viewers / 2 });
  await writeAll([story], RATE, 2);
  await readers.settled(RATE * 2);
  return story;
}

/**
 * The gateway of a growing story is killed with -9, and all viewers come back to its successor. In a second storm half
 * of them come back without their cursor, as if for the first time.
 */
export async function storm(gateway: Gateway, readers: Readers, viewers: number) {
  const story = await growing(gateway, readers, viewers);
  const back = async (cursors: 'all' | 'half') => {
    await readers.ask({ do: 'clear' });
    const writing = writeAll([story], RATE, 3);
    await readers.ask({ do: 'return', port: gateway.port, withinMs: WITHIN_MS, cursors });
    await writing;
    return readers.settled(RATE * (cursors === 'all' ? 5 : 8));
  };
  await gateway.end('SIGKILL');
  await gateway.startAgain();
  const { caughtUpMs, snapshots, lost, next } = await back('all');
  const incomplete = next.filter((each) => each < RATE * 5).length;
  const half = await back('half');
  await readers.ask({ do: 'leave' });
  return {
    viewers,
    caughtUpMs,
    snapshots,
    lost,
    incomplete,
    halfWithoutCursor: { caughtUpMs: half.caughtUpMs, snapshots: half.snapshots },
  };
}

/** The gateway ends as for a deploy, and all viewers continue at its successor. */
export async function handover(gateway: Gateway, readers: Readers, viewers: number) {
  const story = await growing(gateway, readers, viewers);
  const endedMs = await gateway.end('SIGTERM');
  await gateway.startAgain();
  await writeAll([story], RATE, 1);
  await readers.ask({ do: 'return', port: gateway.port, withinMs: WITHIN_MS, cursors: 'all' });
  await writeAll([story], RATE, 1);
  const { lost, next } = await readers.settled(RATE * 4);
  await readers.ask({ do: 'leave' });
  return { viewers, endedMs, lost, incomplete: next.filter((each) => each < RATE * 4).length };
}
