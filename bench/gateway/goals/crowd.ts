import { setTimeout as sleep } from 'node:timers/promises';
import { usageOf } from '../../harness/process-usage';
import type { Summary } from '../../harness/summary';
import type { Readers } from '../readers';
import type { Served, Story } from '../servers';

/** Many viewers of one story. */
export interface Crowd {
  readonly server: string;
  readonly viewers: number;
  /** The age of each token at each viewer, from its writing to its reading. */
  readonly ageMs: Summary;
  readonly lost: number;
  readonly doubled: number;
  /** Viewers who do not have the whole text. */
  readonly incomplete: number;
  /** CPU of the server for 1,000 tokens at a viewer, and for 1,000 frames at a viewer: a frame may have several tokens. */
  readonly cpuMsPer1000Tokens: number;
  readonly cpuMsPer1000Frames: number;
  readonly rssMb: number;
  /** The share of a core that the readers took. Near 1, they measured themselves. */
  readonly readerShare: number;
}

export interface CrowdOptions {
  readonly viewers: number;
  readonly rate: number;
  readonly seconds: number;
  /** Further viewers who stop reading. */
  readonly stopped?: number;
  /** Runs beside, until it is aborted. */
  readonly beside?: (story: Story, signal: AbortSignal) => Promise<void>;
}

/** Time to open 1,000 connections in, milliseconds. */
const OPENING_MS = 500;

export async function crowd(served: Served, readers: Readers, options: CrowdOptions): Promise<Crowd> {
  const { viewers, rate, seconds, stopped = 0, beside } = options;
  const story = await served.story();
  const all = viewers + stopped;
  const withinMs = (all / 1_000) * OPENING_MS;
  await readers.ask({ do: 'open', port: served.port, paths: [story.path], each: all, marks: served.marks, withinMs });
  if (stopped > 0) await readers.ask({ do: 'stop reading', count: stopped });
  await readers.ask({ do: 'clear' });
  const [before, readerBefore, began] = [usageOf(served.pid), usageOf(readers.pid), performance.now()];
  const over = new AbortController();
  const running = beside?.(story, over.signal);
  const tokens = await writeAll([story], rate, seconds);
  over.abort();
  await running;
  const report = await readers.settled(tokens);
  const [after, readerAfter, tookMs] = [usageOf(served.pid), usageOf(readers.pid), performance.now() - began];
  await readers.ask({ do: 'leave' });
  const cpuMs = (after.cpuSeconds - before.cpuSeconds) * 1_000;
  return {
    server: served.name,
    viewers,
    ageMs: report.ages,
    lost: report.lost,
    doubled: report.doubled,
    incomplete: report.next.filter((next) => next < tokens).length,
    cpuMsPer1000Tokens: (cpuMs / report.ages.count) * 1_000,
    cpuMsPer1000Frames: (cpuMs / report.frames) * 1_000,
    rssMb: after.rss / 1e6,
    readerShare: ((readerAfter.cpuSeconds - readerBefore.cpuSeconds) * 1_000) / tookMs,
  };
}

/** Writes to each story at so many tokens a second, evenly spread; resolves with the tokens of each. */
export async function writeAll(stories: readonly Story[], rate: number, seconds: number): Promise<number> {
  const tokens = Math.ceil(rate * seconds);
  const began = performance.now();
  const writes: Promise<void>[] = [];
  for (let written = 0; written < tokens * stories.length; written += 1) {
    const due = (written / (rate * stories.length)) * 1_000 - (performance.now() - began);
    if (due > 1) await sleep(due);
    const write = stories[written % stories.length]?.write();
    if (write) writes.push(write);
  }
  await Promise.all(writes);
  return tokens;
}
