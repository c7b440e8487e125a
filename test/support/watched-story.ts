import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { ProjectRows } from '../../src/client/watch/project-rows';
import { SnapshotReader } from '../../src/client/watch/snapshot-reader';
import { ProjectWatch, type StoryWatch, type WatchOptions } from '../../src/client/watch/watch-project';
import { Lane, Project } from '../../src/entities';
import {
  laneId,
  type ContinuedBy,
  type LaneStatus,
  type ProjectId,
  type ProjectStatus,
  type StoryEvent,
} from '../../src/protocol';
import type { EventLog, LaneWriter } from '../../src/stream';
import { sha256 } from './stories';
import { FaultyLog } from './faulty-log';
import { MemoryEventLog } from './memory-log';

export const REWRITE = laneId('rewrite');

/** The places on the log of all that came after a snapshot. */
export function idsOf(events: readonly StoryEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'snapshot' || event.id === undefined ? [] : [event.id]));
}

/** A project whose rows are made by hand, on a log in memory or another, and its viewers. */
export class WatchedStory {
  readonly projectId = randomUUID() as ProjectId;
  readonly log: FaultyLog;
  status: ProjectStatus = 'processing';
  lane: { status: LaneStatus; fence: number; text?: string } = { status: 'processing', fence: 1 };
  known = true;
  /** Postgres states that the run has ended within the last seconds. */
  endedJustNow = false;
  /** How often Postgres was asked for the status. */
  statusAsked = 0;
  /** How often Postgres was asked for all that it holds. */
  asked = 0;
  /** What Postgres holds as the text's hash, where that is not the right one. */
  hash: string | undefined;
  /** Called between the reading of the log and that of Postgres. */
  onAsk: () => Promise<void> = () => Promise.resolve();
  private readonly closed = new AbortController();
  private readonly snapshots: SnapshotReader;

  constructor(log: EventLog = new MemoryEventLog()) {
    this.log = new FaultyLog(log);
    this.snapshots = new SnapshotReader(this.log, () => this.truth());
    setMaxListeners(0, this.closed.signal);
  }

  writer(fence = this.lane.fence): LaneWriter {
    return { projectId: this.projectId, lane: REWRITE, fence, attempt: fence };
  }

  /** Writes a text as tokens of one character each, in one go. */
  async write(text: string, { from = 0, fence = this.lane.fence } = {}): Promise<void> {
    let offset = from;
    for (const character of text) {
      await this.log.inner.append({ writer: this.writer(fence), offset, text: character });
      offset += Buffer.byteLength(character);
    }
  }

  /** Goes on from the text that is there, up to `offset`, as a new attempt. */
  async goOn(text: string, { from, fence, how = 'prefill' }: { from: number; fence: number; how?: ContinuedBy }) {
    const { inner } = this.log;
    await inner.append({ writer: this.writer(fence), offset: from, text, continued: how });
  }

  settle(text: string): void {
    this.lane = { ...this.lane, status: 'completed', text };
  }

  /** Settles a text and tells so, as it would be told of `told`. */
  async done(text: string, { fence = this.lane.fence, told = text } = {}): Promise<void> {
    this.lane = { status: 'completed', fence, text };
    await this.log.inner.publish({
      projectId: this.projectId,
      stage: 'rewrite',
      writer: this.writer(fence),
      events: [{ type: 'done', metadata: { length: Buffer.byteLength(told), sha256: sha256(told) } }],
    });
  }

  async note(message: string): Promise<void> {
    await this.log.inner.publish({
      projectId: this.projectId,
      stage: 'rewrite',
      events: [{ type: 'stage_update', status: 'processing', message }],
    });
  }

  /** Ends the run: first in Postgres, with the text that was written, then on the log. */
  async end(): Promise<void> {
    const held = await this.log.inner.lane(this.projectId, REWRITE);
    if (this.lane.status !== 'completed' && held) this.lane = { status: 'completed', ...held };
    this.status = 'completed';
    const metadata = { completed_stages: 1, skipped_stages: 0, total_stages: 1 };
    await this.log.inner.publish({
      projectId: this.projectId,
      stage: 'pipeline',
      events: [{ type: 'pipeline_done', metadata }],
    });
  }

  /** How viewers take their events. */
  by: 'for await' | 'forEach' = 'for await';

  watch(options: WatchOptions = {}): StoryWatch {
    const source = {
      log: this.log,
      snapshots: this.snapshots,
      status: () => {
        this.statusAsked += 1;
        return Promise.resolve(this.known ? { status: this.status, endedJustNow: this.endedJustNow } : undefined);
      },
      closing: this.closed.signal,
    };
    return new ProjectWatch(source, this.projectId, options);
  }

  /** A viewer that reads as fast as it can. `ended` resolves with all that it saw. */
  view(options: WatchOptions = {}): { readonly seen: StoryEvent[]; readonly ended: Promise<StoryEvent[]> } {
    const seen: StoryEvent[] = [];
    const ended = (async () => {
      const watch = this.watch(options);
      if (this.by === 'forEach') await watch.forEach((event) => seen.push(event));
      else for await (const event of watch) seen.push(event);
      return seen;
    })();
    return { seen, ended };
  }

  /** Ends every watch that goes on. */
  close(): void {
    this.closed.abort();
  }

  private async truth(): Promise<ProjectRows | undefined> {
    this.asked += 1;
    await this.onAsk();
    if (!this.known) return undefined;
    const { status, fence, text } = this.lane;
    const project = Object.assign(new Project(), {
      id: this.projectId,
      status: this.status,
      topic: 'storms',
      error: null,
    });
    const row = Object.assign(new Lane(), {
      projectId: this.projectId,
      lane: REWRITE,
      stage: 'rewrite',
      sequenceNumber: null,
      status,
      fence,
      attempt: 1,
      settledFence: text === undefined ? null : fence,
      error: null,
    });
    return {
      project,
      stages: [],
      lanes: [row],
      texts: new Map(text === undefined ? [] : [[REWRITE, { text, sha256: this.hash ?? sha256(text) }]]),
      scenes: [],
    };
  }
}
