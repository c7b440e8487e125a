import { EventEmitter, setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import type { StoryClient, StoryWatch } from '../../src/client';
import { ProjectHub } from '../../src/gateway/stream/project-hub';
import { Rounds } from '../../src/gateway/stream/rounds';
import { Turns } from '../../src/gateway/stream/turns';
import { Viewer } from '../../src/gateway/stream/viewer';
import { cursorOf, laneId, type Cursor, type LogEvent, type ProjectId, type StoryEvent } from '../../src/protocol';

const PROJECT = '0b6b0f3e-6f0e-4c9e-9a52-0d1f4a5c7e11' as ProjectId;
const LANES = [laneId('scene_text', 1), laneId('scene_text', 2)] as const;
/** Three of them are more than a ring holds. */
const LARGE = 'x'.repeat(1_500_000);

/** A log, of which the hub has heard only a part, as by Pub/Sub. */
class Script {
  readonly log: LogEvent[] = [];
  heard = 0;
  private readonly offsets = [0, 0];
  private readonly changed = new EventEmitter().setMaxListeners(0);

  constructor() {
    this.write('note');
    this.heard = 1;
  }

  /** Each event names its number, so that it is known whether a viewer has it. */
  write(kind: 'note' | 'end' | 0 | 1, text = ''): void {
    const [id, number] = [cursorOf(1_764_000_000_000 + (this.log.length >> 1), this.log.length % 2), this.log.length];
    const head = { id, project_id: PROJECT, timestamp: Number.parseInt(id, 10) / 1000 };
    if (kind === 'note') {
      this.log.push({ ...head, stage: 'rewrite', type: 'stage_update', status: 'processing', message: `<${number}>` });
    } else if (kind === 'end') {
      const metadata = { completed_stages: number, skipped_stages: 0, total_stages: 1 };
      this.log.push({ ...head, stage: 'pipeline', type: 'pipeline_done', metadata });
    } else {
      const content = `<${number}>${text}`;
      const offset = this.offsets[kind] ?? 0;
      this.offsets[kind] = offset + content.length;
      const writer = { lane: LANES[kind], fence: 7, attempt: 1 };
      this.log.push({ ...head, stage: 'scene_text', ...writer, type: 'token', offset, content });
    }
  }

  hear(count: number): void {
    this.heard = Math.min(this.heard + count, this.log.length);
    this.changed.emit('heard');
  }

  /** The hub takes what it has heard with `forEach`; a viewer's own watch reads the log. */
  readonly watch: StoryClient['watch'] = (_, { from, signal } = {}): StoryWatch => {
    let left = false;
    const leave = () => {
      left = true;
      this.changed.emit('heard');
    };
    if (signal) setMaxListeners(0, signal);
    signal?.addEventListener('abort', leave);
    let at = this.log.findIndex(({ id }) => id === from) + 1;
    const isOver = () => left || this.log[at - 1]?.type === 'pipeline_done';
    const forEach = async (take: (event: StoryEvent) => void) => {
      while (!isOver()) {
        for (; at < this.heard && !left; at += 1) take(this.log[at] as LogEvent);
        if (!isOver()) await new Promise((resolve) => this.changed.once('heard', resolve));
      }
    };
    const next = async (): Promise<IteratorResult<StoryEvent, void>> => {
      if (from === undefined) return { done: false, value: this.snapshot() };
      while (!isOver() && at >= this.log.length) await new Promise((resolve) => this.changed.once('heard', resolve));
      return isOver() ? { done: true, value: undefined } : { done: false, value: this.log[at++] as LogEvent };
    };
    const end = () => {
      leave();
      return Promise.resolve({ done: true as const, value: undefined });
    };
    const watch = { forEach, next, return: end, throw: end, [Symbol.asyncIterator]: () => watch };
    return watch as unknown as StoryWatch;
  };

  private snapshot(): StoryEvent {
    const last = this.log.at(-1) as LogEvent;
    const { id: cursor, timestamp } = last;
    const status = last.type === 'pipeline_done' ? 'completed' : 'processing';
    const head = { project_id: PROJECT, stage: 'pipeline', timestamp, topic: 'storms' };
    return { ...head, type: 'snapshot', cursor, status, lanes: {}, scenes: [] };
  }
}

/** A viewer on a socket whose pace the test decides. */
class Watcher {
  isSlow = false;
  /** Told that the run has ended. */
  isTold = false;
  isGone = false;
  caughtUp = 0;
  readonly received: number[] = [];
  /** The number of the last event that the viewer had at the beginning. */
  private after: number;
  /** The number of the last event that the hub had when it let the viewer in. */
  private there = -1;
  private readonly socket = Object.assign(new EventEmitter(), {
    writable: true,
    // Searching a large text takes long, and only its number counts.
    write: (bytes: Buffer | string) => this.take(bytes.toString().replaceAll(LARGE, '')),
  });
  private readonly viewer: Viewer;

  constructor(
    private readonly hub: ProjectHub,
    private readonly script: Script,
    readonly cursor: Cursor | undefined,
  ) {
    this.after = script.log.findIndex(({ id }) => id === cursor);
    const { socket } = this;
    const over = () => {
      this.isGone = response.writableEnded = true;
      response.emit('close');
    };
    const of = { socket, req: { socket }, writableLength: 1_000_000, writableEnded: false, end: over, destroy: over };
    const response = Object.assign(new EventEmitter(), of);
    this.viewer = new Viewer(response as unknown as ServerResponse, 'full', hub.deliver, hub.forget);
  }

  async enter(): Promise<void> {
    const entry = await this.hub.enter(this.cursor);
    this.there = this.script.heard - 1;
    // As the route does: such a viewer has everything.
    if (entry.kind === 'nothing') this.isTold = true;
    else void this.hub.attach(this.viewer, entry);
  }

  drain(): void {
    this.isSlow = false;
    this.socket.emit('drain');
  }

  /** A viewer has each event once, or those up to some point if it was dropped. */
  check(isOver: boolean): void {
    const { received, after, script, caughtUp, isGone, isTold } = this;
    const all = script.log.map((_, number) => number).slice(after + 1);
    const expected = isGone && !isTold ? all.filter((number) => number <= Math.max(...received)) : all;
    expect([...received].sort((a, b) => a - b)).toEqual(expected);
    expect(caughtUp).toBeLessThanOrEqual(1);
    if (!isGone) expect(caughtUp).toBe(1);
    if (isOver) expect(isGone || isTold).toBe(true);
  }

  private take(text: string): boolean {
    for (const message of text.split('\n\n')) {
      const data = /^data: (.*)$/m.exec(message)?.[1];
      if (!data) continue;
      const event = JSON.parse(data) as StoryEvent | { readonly type: 'caught_up' | 'end' };
      if (event.type === 'caught_up') {
        this.caughtUp += 1;
        expect(Math.max(this.after, ...this.received)).toBeGreaterThanOrEqual(this.there);
      } else if (event.type === 'end') this.isTold = true;
      else if (event.type === 'snapshot') this.after = this.script.log.findIndex(({ id }) => id === event.cursor);
      else if (event.type === 'pipeline_done') this.received.push(event.metadata.completed_stages);
      else this.received.push(...[...data.matchAll(/<(\d+)>/g)].map(([, number]) => Number(number)));
    }
    return !this.isSlow;
  }
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      lane: fc.constantFrom(0 as const, 1 as const, 'note' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('write large' as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('hear' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('enter' as const), at: fc.option(fc.nat(40)), isSlow: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('drain' as const), which: fc.nat(10) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tidy' as const), ms: fc.constantFrom(0, 31_000) }) },
);

test('Each viewer of a hub has each event once, or is dropped, and is told once that it has what was there', async () => {
  const now = performance.now.bind(performance);
  let passed = 0;
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + passed);
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
        const script = new Script();
        const left = jest.fn();
        const hub = new ProjectHub({ watch: script.watch } as StoryClient, PROJECT, new Turns(4), new Rounds(), left);
        const watchers: Watcher[] = [];
        for (const each of steps) {
          switch (each.do) {
            case 'write':
              script.write(each.lane);
              break;
            case 'write large':
              script.write(0, LARGE);
              break;
            case 'hear':
              script.hear(each.count);
              await Promise.resolve();
              break;
            case 'turn':
              await turn();
              break;
            case 'enter': {
              const at = each.at === null ? undefined : script.log[each.at % script.log.length]?.id;
              const watcher = new Watcher(hub, script, at);
              watcher.isSlow = each.isSlow;
              watchers.push(watcher);
              await watcher.enter();
              break;
            }
            case 'drain':
              watchers[each.which % Math.max(watchers.length, 1)]?.drain();
              break;
            case 'tidy':
              passed += each.ms;
              hub.tidy();
          }
        }
        const settled = async () => {
          for (let i = 0; i < 4; i += 1) {
            for (const watcher of watchers) watcher.drain();
            await turn();
          }
        };
        script.hear(Infinity);
        await settled();
        for (const watcher of watchers) watcher.check(false);
        script.write('end');
        script.hear(1);
        await settled();
        for (const watcher of watchers) watcher.check(true);
        hub.close();
      }),
      { numRuns: 25 },
    );
  } finally {
    clock.mockRestore();
  }
});
