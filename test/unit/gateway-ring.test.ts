import fc from 'fast-check';
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
      attempt: fc.integer({ min: 1, max: 2 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((all) => {
    const offsets = new Map(LANES.map((lane) => [lane, 0]));
    let [ms, seq] = [1_764_000_000_000, 0];
    return all.map(({ lane, content, isToken, waits, attempt }): LogEvent => {
      [ms, seq] = waits === 0 ? [ms, seq + 1] : [ms + waits, 0];
      const common = { project_id: PROJECT, id: cursorOf(ms, seq), timestamp: ms / 1000, lane, fence: 7, attempt };
      if (!isToken) return { ...common, type: 'stage_update', stage: 'rewrite', status: 'processing' };
      const offset = offsets.get(lane) ?? 0;
      offsets.set(lane, offset + Buffer.byteLength(content));
      return { ...common, type: 'token', stage: 'rewrite', offset, content };
    });
  });

/** The messages that a viewer with this cursor gets of the ring, if rounds end after so many events each. */
function shown(ring: Ring, after: Cursor, sizes: Iterator<number>): LogEvent[] {
  const given: Buffer[] = [];
  for (let at = ring.after(after), end = at; at < ring.end;) {
    if (at === end) end = Math.min(end + (sizes.next().value as number), ring.end);
    const news = ring.next(at, end);
    if (!news) throw new Error('the ring reaches back so far');
    given.push(news.frame.full);
    at = news.next;
  }
  return Buffer.concat(given)
    .toString()
    .split('\n\n')
    .filter((message) => message !== '')
    .map((message) => JSON.parse(message.slice(message.indexOf('data: ') + 6)) as LogEvent);
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

const sizesOfRounds = fc.infiniteStream(fc.integer({ min: 1, max: 6 }));

test('A viewer gets every event after its cursor once, wherever the rounds end and however far the ring reaches back', () => {
  fc.assert(
    fc.property(log, sizesOfRounds, fc.nat(), fc.nat(), (events, sizes, a, b) => {
      const begin = a % events.length;
      const ring = new Ring();
      ring.start = ring.newest = events[begin]?.id;
      for (const event of events.slice(begin + 1)) ring.push(event);
      const earlier = b % (begin + 1);
      const start = events[earlier]?.id as Cursor;
      if (earlier < begin) ring.unshift(events.slice(earlier + 1, begin + 1), start);
      for (const { id } of events.slice(earlier)) {
        expect(ring.reaches(id)).toBe(true);
        // Of another project.
        expect(ring.reaches(cursorOf(Number.parseInt(id, 10), 900))).toBe(false);
        const news = events.filter((event) => compareCursors(event.id, id) > 0);
        expect(bytesOf(shown(ring, id, sizes))).toEqual(bytesOf(news));
        expect(shown(ring, id, news.map(() => 1).values())).toEqual(news);
      }
    }),
  );
});

test('An event keeps its position in a ring, also one that no number of the language holds', () => {
  const ring = new Ring();
  const [event] = tokens(1);
  const id = '1764000000000-9999999999999999' as Cursor;
  ring.push({ ...(event as LogEvent), id });
  expect(ring.next(0, 1)?.frame.full.toString()).toContain(`id: ${id}\n`);
});

test('A ring lets go what all viewers have and what is older than half a minute, and reaches back to there', () => {
  const ring = new Ring();
  const events = tokens(2_000);
  for (const event of events) ring.push(event);
  const later = performance.now() + 31_000;
  ring.forget(1_000);
  expect(ring.next(0, ring.end)).toBeDefined();
  ring.forget(1_000, later);
  expect(ring.next(0, ring.end)).toBeUndefined();
  expect(ring.next(1_000, ring.end)).toBeDefined();
  const [first, needed] = [events[0], events[999]];
  expect([first, needed].map((event) => event && ring.reaches(event.id))).toEqual([false, true]);
  ring.forget(ring.end, later);
  expect(ring.start).toBe(events.at(-1)?.id);
  expect(ring.reaches(events.at(-1)?.id as Cursor)).toBe(true);
});

test('A viewer who is ahead of the ring is given what comes after its cursor, and any snapshot', () => {
  const ring = new Ring();
  const [first, second, third] = tokens(3) as [LogEvent, LogEvent, LogEvent];
  for (const event of [first, second]) ring.push(event);
  expect([first.id, second.id].map((cursor) => ring.skip(0, cursor))).toEqual([1, 2]);
  expect(ring.skip(0, third.id)).toBe(ring.end);
  const head = { project_id: PROJECT, stage: 'pipeline', timestamp: second.timestamp, topic: 'storms' };
  ring.push({ ...head, type: 'snapshot', cursor: second.id, status: 'completed', lanes: {}, scenes: [] });
  expect(ring.skip(0, third.id)).toBe(2);
});

test('A ring holds a few megabytes, also if no viewer ever reads', () => {
  const ring = new Ring();
  const events = tokens(200, 'x'.repeat(60_000));
  for (const event of events) ring.push(event);
  expect(ring.reaches(events.at(-60)?.id as Cursor)).toBe(true);
  expect(ring.reaches(events.at(-80)?.id as Cursor)).toBe(false);
});

/** Tokens of one lane that follow each other. */
function tokens(count: number, content = 'word '): LogEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    id: cursorOf(1_764_000_000_000 + i, 0),
    project_id: PROJECT,
    stage: 'rewrite',
    timestamp: (1_764_000_000_000 + i) / 1000,
    lane: LANES[0] ?? laneId('rewrite'),
    fence: 7,
    attempt: 1,
    type: 'token',
    offset: i * content.length,
    content,
  }));
}
