import { setTimeout as sleep } from 'node:timers/promises';
import { serveParent } from '../harness/serve-parent';
import { summaryOf } from '../harness/summary';
import { Ages } from './ages';
import { Viewer, type Seen } from './viewer';
import type { Command, ReaderReport } from './readers';

/** The viewers of a measurement, in a process of their own: they share no thread with the server or the writer. */
const seen: Seen = { ages: new Ages(), frames: 0, lost: 0, doubled: 0, snapshots: new Set(), waits: [] };
let viewers: Viewer[] = [];
let waiting = 0;
let allReady = () => undefined as void;
const ready = () => {
  waiting -= 1;
  if (waiting === 0) allReady();
};

/** Opens the viewers spread over the time; resolves when nothing is missing anywhere. */
async function open(port: number, marks: boolean, withinMs: number, hasCursor: (index: number) => boolean) {
  waiting = viewers.length;
  const opened = new Promise<void>((resolve) => (allReady = resolve));
  const began = performance.now();
  for (const [index, viewer] of viewers.entries()) {
    const due = (index / viewers.length) * withinMs - (performance.now() - began);
    if (due > 1) await sleep(due);
    viewer.open(port, { marks, withCursor: hasCursor(index) });
  }
  await opened;
}

function report(): ReaderReport {
  const { ages, frames, lost, doubled, snapshots, waits } = seen;
  const { p50, p99, max } = summaryOf(waits.map((micros) => micros / 1_000));
  return {
    ages: ages.summary(),
    frames,
    lost,
    doubled,
    snapshots: snapshots.size,
    caughtUpMs: { p50, p99, max },
    next: viewers.map(({ next }) => next),
  };
}

serveParent(
  {},
  async (command: Command) => {
    if (command.do === 'open') {
      viewers = command.paths.flatMap((path) =>
        Array.from({ length: command.each }, () => new Viewer(path, seen, ready)),
      );
      await open(command.port, command.marks, command.withinMs, () => true);
    } else if (command.do === 'return') {
      for (const viewer of viewers) viewer.leave();
      await open(command.port, true, command.withinMs, (index) => command.cursors === 'all' || index % 2 === 0);
    } else if (command.do === 'stop reading') {
      for (const viewer of viewers.slice(0, command.count)) viewer.stopReading();
      viewers = viewers.slice(command.count);
    } else if (command.do === 'leave') {
      for (const viewer of viewers) viewer.leave();
      viewers = [];
    } else if (command.do === 'clear') {
      seen.ages.clear();
      seen.frames = seen.lost = seen.doubled = seen.waits.length = 0;
      seen.snapshots.clear();
    }
    return report();
  },
  async () => undefined,
);
