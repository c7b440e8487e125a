import fc from 'fast-check';
import { framesOf, restOf, type Frame } from '../../src/gateway/stream/frames';
import { Ring } from '../../src/gateway/stream/ring';
import { compareCursors, cursorOf, laneId, type Cursor, type LogEvent, type ProjectId } from '../../src/protocol';

const PROJECT = '0b6b0f3e-6f0e-4c9e-9a52-0d1f4a5c7e11' as ProjectId;
const LANES = [laneId('rewrite'), laneId('scene_text', 1), laneId('scene_text', 2)];

/** Tokens of several lanes with status changes between them, at rising cursors. */
const log = fc
  .array(
    fc.record({
      lane: fc.constantFrom(...LANES),
      content: fc.constantFrom('a', 'fox ', '狐狸', '🦊', 'é'),
      isToken: fc.boolean(),
      waits: fc.integer({ min: 0, max: 2 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((all) => {
    const offsets = new Map(LANES.map((lane) => [lane, 0]));
    let [ms, seq] = [1_764_000_000_000, 0];
    return all.map(({ lane, content, isToken, waits }): LogEvent => {
      [ms, seq] = waits === 0 ? [ms, seq + 1] : [ms + waits, 0];
      const common = { project_id: PROJECT, id: cursorOf(ms, seq), timestamp: ms / 1000, lane, fence: 7 };
      if (!isToken) return { ...common, type: 'stage_update', stage: 'rewrite', status: 'processing' };
      const offset = offsets.get(lane) ?? 0;
      offsets.set(lane, offset + Buffer.byteLength(content));
      return { ...common, type: 'token', stage: 'rewrite', offset, content };
    });
  });

/** What a viewer with this cursor gets of the ring, as text by lane with the place of its first byte. */
function shown(ring: Ring, after: Cursor): Record<string, string[]> {
  const given: Frame[] = [];
  let known: Cursor | undefined = after;
  for (let number = ring.after(after); number < ring.end; number += 1) {
    const frame = ring.at(number);
    const news = frame && (known === undefined ? frame : restOf(frame, known));
    if (!news) continue;
    known = undefined;
    given.push(news);
  }
  const messages = Buffer.concat(given.map(({ full }) => full)).toString();
  return bytesOf(
    messages
      .split('\n\n')
      .filter((message) => message !== '')
      .map((message) => JSON.parse(message.slice(message.indexOf('data: ') + 6)) as LogEvent),
  );
}

/** Each byte of a text with its place, so that what is missing, doubled or out of order is seen. */
function bytesOf(events: readonly LogEvent[]): Record<string, string[]> {
  const lanes: Record<string, string[]> = { others: [] };
  for (const event of events) {
    if (event.type !== 'token') lanes['others']?.push(String(event.id));
    else {
      const bytes = [...Buffer.from(event.content)].map((byte, i) => `${event.offset + i}:${byte}`);
      (lanes[String(event.lane)] ??= []).push(...bytes);
    }
  }
  return lanes;
}

test('A viewer gets every event after its cursor once, wherever the frames are cut and however far the ring reaches back', () => {
  fc.assert(
    fc.property(log, fc.infiniteStream(fc.integer({ min: 1, max: 6 })), fc.nat(), fc.nat(), (events, sizes, a, b) => {
      const begin = a % events.length;
      const ring = new Ring();
      ring.start = ring.newest = events[begin]?.id;
      for (let at = begin + 1; at < events.length;) {
        const size = sizes.next().value as number;
        for (const frame of framesOf(events.slice(at, at + size))) ring.push(frame);
        at += size;
      }
      const earlier = b % (begin + 1);
      const start = events[earlier]?.id as Cursor;
      if (earlier < begin) ring.unshift(framesOf(events.slice(earlier + 1, begin + 1)), start);
      for (const { id } of events.slice(earlier)) {
        expect(ring.reaches(id)).toBe(true);
        // Of another project.
        expect(ring.reaches(cursorOf(Number.parseInt(id, 10), 900))).toBe(false);
        expect(shown(ring, id)).toEqual(bytesOf(events.filter((event) => compareCursors(event.id, id) > 0)));
      }
    }),
  );
});
