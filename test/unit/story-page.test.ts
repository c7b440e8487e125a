import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { ViewerState } from '../../src/client/watch/viewer-state';
import { snapshotOf } from '../../src/client/watch/snapshot';
import { Ring } from '../../src/gateway/stream/ring';
import {
  laneId,
  type Cursor,
  type LaneId,
  type LogEvent,
  type ProjectId,
  type SnapshotEvent,
  type StoryEvent,
} from '../../src/protocol';
import { EventStream, StoryPage } from '../../src/protocol/viewer';
import type { LaneWriter } from '../../src/stream';
import { sha256, textSeen } from '../support/stories';
import { MemoryEventLog } from '../support/memory-log';

const LANES = [laneId('rewrite'), laneId('camera_movement', 1)];

const piece = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.constantFrom('雨 falls. ', '🎬🌙', 'é', '👩‍👩‍👧', 'a\u2028b\n\n', '月亮上的狐狸。', 'x'.repeat(900)),
);
const lane = fc.nat({ max: LANES.length - 1 });
/** What may happen to a lane. `keep` is the share of its text that a new attempt continues from. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('write' as const), lane, piece }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retry' as const), lane, piece }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('continue' as const),
      lane,
      piece,
      keep: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('thoughts' as const), lane, piece }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('note' as const), lane, piece }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Recorded {
  readonly events: readonly LogEvent[];
  /** At each place of the log what a snapshot shows there. */
  readonly snapshots: readonly SnapshotEvent[];
  readonly texts: ReadonlyMap<LaneId, string>;
}

async function record(steps: readonly Step[]): Promise<Recorded> {
  const log = new MemoryEventLog();
  const projectId = randomUUID() as ProjectId;
  const fences = LANES.map(() => 1);
  const texts = LANES.map(() => '');
  const snapshots: SnapshotEvent[] = [];
  const writer = (of: number): LaneWriter => {
    const fence = fences[of] ?? 1;
    return { projectId, lane: LANES[of] ?? laneId('rewrite'), fence, attempt: fence };
  };
  const look = async () => {
    const lanes = LANES.map((name, of) => ({
      lane: name,
      status: 'processing' as const,
      fence: fences[of] ?? 1,
      attempt: 1,
    }));
    const truth = { project: { status: 'processing', topic: 'a fox' }, lanes, texts: new Map(), scenes: [] };
    snapshots.push(
      snapshotOf(projectId, truth as unknown as Parameters<typeof snapshotOf>[1], await log.snapshot(projectId)),
    );
  };
  await log.publish({ projectId, stage: 'rewrite', events: [{ type: 'stage_update', status: 'processing' }] });
  await look();
  const start = snapshots[0]?.cursor;
  if (!start) throw new Error('the log has no event');
  for (const { kind, lane: of, piece: given, ...more } of steps) {
    const text = storable(given);
    const before = texts[of] ?? '';
    const bytes = Buffer.byteLength(before);
    if (kind === 'write') {
      await log.append({ writer: writer(of), offset: bytes, text });
      texts[of] = before + text;
    } else if (kind === 'note') {
      await log.publish({ projectId, stage: 'rewrite', events: [{ type: 'stage_update', status: 'processing' }] });
    } else if (kind === 'thoughts') {
      await log.append({ writer: writer(of), offset: 0, text, reason: 'thoughts' });
      texts[of] = text;
    } else {
      const characters = Array.from(before);
      const keep = 'keep' in more ? more.keep : 0;
      const kept = characters.slice(0, Math.floor(keep * characters.length)).join('');
      fences[of] = (fences[of] ?? 1) + 1;
      await log.append({
        writer: writer(of),
        offset: Buffer.byteLength(kept),
        text,
        ...(kept === '' ? { reason: 'retry' as const } : { continued: 'prefill' as const }),
      });
      texts[of] = kept + text;
    }
    await look();
  }
  for (const [of, text] of texts.entries()) {
    const metadata = { length: Buffer.byteLength(text), sha256: sha256(text) };
    await log.publish({ projectId, stage: 'rewrite', writer: writer(of), events: [{ type: 'done', metadata }] });
  }
  const events = (await log.read(projectId, start, 10_000)) ?? [];
  return { events, snapshots, texts: new Map(LANES.map((name, of) => [name, texts[of] ?? ''])) };
}

/** What UTF-8 can hold: what was written comes back the same. */
function storable(text: string): string {
  return Buffer.from(text).toString('utf8');
}

/** What the viewer in Node shows. */
function followed(snapshot: SnapshotEvent, events: readonly LogEvent[]): StoryEvent[] {
  const follower = new ViewerState();
  follower.adopt(snapshot);
  const shown: StoryEvent[] = [snapshot];
  for (const event of events) {
    const one = follower.take(event);
    if (one) shown.push(one);
  }
  return shown;
}

/** As the gateway sends them, joined in runs of these sizes, and cut into pieces of this many bytes. */
function sent(events: readonly StoryEvent[], runs: readonly number[], size: number): Buffer[] {
  const bytes: Buffer[] = [];
  const ring = new Ring();
  for (const event of events) ring.push(event);
  for (let at = 0, i = 0; at < events.length; i += 1) {
    const run = runs[i % runs.length] ?? 1;
    const news = ring.next(at, Math.min(at + run, events.length));
    if (!news) throw new Error('the ring holds everything');
    bytes.push(news.frame.full);
    at = news.next;
  }
  const whole = Buffer.concat(bytes);
  return Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => whole.subarray(i * size, (i + 1) * size));
}

function after(events: readonly LogEvent[], cursor: Cursor | undefined): readonly LogEvent[] {
  return events.slice(events.findIndex(({ id }) => id === cursor) + 1);
}

/** Where a repetition of at most so many events begins: only tokens are joined, so it contains nothing else. */
function repeatedFrom(events: readonly LogEvent[], next: number, most: number): number {
  let from = next;
  if (events[next]?.type !== 'token') return from;
  while (from > 0 && from > next - most && events[from - 1]?.type === 'token') from -= 1;
  return from;
}

const delivery = fc.record({
  /** Where on the log the viewer comes. */
  joins: fc.double({ min: 0, max: 1, noNaN: true }),
  runs: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
  size: fc.integer({ min: 1, max: 400 }),
  /** After so many pieces the connection is cut, again and again. */
  cuts: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 }),
  /** A reconnect repeats at most so many tokens, because they were joined with one that is new. */
  back: fc.nat({ max: 3 }),
});

test('From the same log, a page and the viewer in Node show the same texts, to the byte, and prove them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), delivery, async (steps, { joins, runs, size, cuts, back }) => {
      const { events, snapshots, texts } = await record(steps);
      const snapshot = snapshots[Math.floor(joins * (snapshots.length - 1))];
      if (!snapshot) throw new Error('no snapshot');
      const shown = followed(snapshot, after(events, snapshot.cursor));
      for (const event of shown) if (event.type === 'done') expect(event.verified).not.toBe(false);

      const page = new StoryPage();
      const read = (pieces: readonly Buffer[]) => {
        const stream = new EventStream();
        for (const one of pieces) {
          for (const { data } of stream.push(one)) page.apply(JSON.parse(data) as StoryEvent);
        }
      };
      page.apply(snapshot);
      for (const cut of cuts) {
        const from = after(events, page.cursor);
        const again = events.slice(repeatedFrom(events, events.length - from.length, back));
        read(sent(again, runs, size).slice(0, cut));
      }
      read(sent(after(events, page.cursor), runs, size));
      await page.proved();
      expect(page.needsSnapshot).toBe(false);
      for (const [name, text] of texts) {
        expect(textSeen(shown, name)).toBe(text);
        expect(page.lanes.get(name)?.text ?? '').toBe(text);
        expect(page.lanes.get(name)).toMatchObject({ offset: Buffer.byteLength(text), proof: 'verified' });
        for (const block of page.lanes.get(name)?.blocks ?? []) expect(Buffer.byteLength(block.text)).toBe(block.bytes);
      }
    }),
  );
});

test('What lies before an event and was not seen is noticed, whatever it was', async () => {
  const writes = fc.array(fc.record({ kind: fc.constant('write' as const), lane: fc.constant(0), piece }), {
    minLength: 3,
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(writes, fc.nat(), async (steps, which) => {
      const { events, snapshots } = await record(steps);
      const tokens = events.filter(({ type }) => type === 'token');
      const lost = tokens[which % tokens.length];
      const page = new StoryPage();
      if (snapshots[0]) page.apply(snapshots[0]);
      for (const event of events) if (event !== lost) page.apply(event);
      expect(page.needsSnapshot).toBe(true);
      const newest = snapshots.at(-1);
      if (newest) page.apply(newest);
      expect(page.needsSnapshot).toBe(false);
      for (const event of after(events, newest?.cursor)) page.apply(event);
      await page.proved();
      expect(page.lanes.get(laneId('rewrite'))?.proof).toBe('verified');
    }),
  );
});

test('A text that is another than the stored one is seen by its hash, and a snapshot is asked for', async () => {
  const { events, snapshots } = await record([{ kind: 'write', lane: 0, piece: 'One fox' }]);
  const seen: string[] = [];
  const page = new StoryPage((_, { proof }) => seen.push(proof));
  if (snapshots[0]) page.apply(snapshots[0]);
  for (const event of events) page.apply(event.type === 'token' ? { ...event, content: 'One cat' } : event);
  await page.proved();
  expect(page.needsSnapshot).toBe(true);
  expect(page.lanes.get(laneId('rewrite'))).toMatchObject({ text: 'One cat', proof: 'mismatch' });
  expect(seen).toContain('mismatch');
});
