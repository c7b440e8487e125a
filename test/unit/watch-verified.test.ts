import type { Cursor, SnapshotEvent, StoryEvent } from '../../src/protocol';
import { textSeen, typesOf } from '../support/stories';
import { until } from '../support/until';
import { REWRITE, WatchedStory } from '../support/watched-story';
import { MemoryEventLog } from '../support/memory-log';

const LONG = '雨 falls on the pier. 🎬 '.repeat(400);

describe.each(['for await', 'forEach'] as const)(
  'Watching a project, a viewer is notified of each settled text whether it was shown correctly, by %s',
  (by) => {
    let story: WatchedStory;
    beforeEach(() => {
      story = new WatchedStory();
      story.by = by;
    });
    afterEach(() => story.close());

    /** What the watch says of each `done` that it shows. */
    function verdicts(events: readonly StoryEvent[]): (boolean | 'left out')[] {
      return events.flatMap((event) => (event.type === 'done' ? [event.verified ?? 'left out'] : []));
    }

    function snapshotsOf(events: readonly StoryEvent[]): SnapshotEvent[] {
      return events.filter((event) => event.type === 'snapshot');
    }

    async function viewer(options: { from?: Cursor } = {}) {
      const view = story.view(options);
      if (!options.from) await until('the snapshot', () => view.seen.length > 0);
      return view;
    }

    async function cursorNow(): Promise<Cursor> {
      const { cursor } = await story.log.snapshot(story.projectId);
      if (!cursor) throw new Error('the log has no event');
      return cursor;
    }

    test('from its first token on', async () => {
      const { ended } = await viewer();
      await story.write(LONG);
      await story.done(LONG);
      await story.end();
      expect(verdicts(await ended)).toEqual([true]);
    });

    test('partly by the snapshot, partly by tokens', async () => {
      await story.write(LONG);
      const { ended } = await viewer();
      await story.write('The end.', { from: Buffer.byteLength(LONG) });
      await story.done(`${LONG}The end.`);
      await story.end();
      expect(verdicts(await ended)).toEqual([true]);
    });

    test('after it began anew', async () => {
      const { ended } = await viewer();
      await story.write(LONG);
      await story.write('Another.', { fence: 2 });
      await story.done('Another.', { fence: 2 });
      await story.end();
      expect(verdicts(await ended)).toEqual([true]);
    });

    test.each([
      ['its end', 0],
      ['a little further back', 40],
      ['much further back than is remembered', 9_000],
      ['almost its beginning', Buffer.byteLength(LONG) - 3],
    ])('after it was gone on from at %s', async (_, back) => {
      const { seen, ended } = await viewer();
      await story.write(LONG);
      await until('the first attempt', () => textSeen(seen, REWRITE) === LONG);
      const bytes = Buffer.from(LONG);
      const from = bytes.length - back - ((bytes.length - back) % 3);
      const kept = wholeCharacters(bytes.subarray(0, from));
      await story.goOn(' And on.', { from: Buffer.byteLength(kept), fence: 2 });
      await story.done(`${kept} And on.`, { fence: 2 });
      await story.end();
      await ended;
      expect(textSeen(seen, REWRITE)).toBe(`${kept} And on.`);
      expect(verdicts(seen)).toEqual([true]);
      expect(typesOf(seen)).toContain('resumed');
      expect(snapshotsOf(seen)).toHaveLength(1);
    });

    test('where a new run uses it again and only reports it', async () => {
      await story.write(LONG);
      story.settle(LONG);
      const { ended } = await viewer();
      await story.goOn('', { from: Buffer.byteLength(LONG), fence: 2, how: 'reuse' });
      await story.done(LONG, { fence: 2 });
      await story.end();
      const seen = await ended;
      expect(typesOf(seen)).toEqual(['snapshot', 'resumed', 'done', 'pipeline_done']);
      expect(verdicts(seen)).toEqual([true]);
    });

    test('of a snapshot too, for the texts that have settled', async () => {
      story.settle('One fox');
      const { seen } = await viewer();
      expect(seen).toMatchObject([{ lanes: { rewrite: { text: 'One fox', verified: true } } }]);
      story.hash = 'a hash of something else';
      const late = await viewer();
      expect(late.seen).toMatchObject([{ lanes: { rewrite: { text: 'One fox', verified: false } } }]);
      story.lane = { status: 'processing', fence: 1 };
      expect((await viewer()).seen[0]).not.toHaveProperty('lanes.rewrite.verified');
    });

    test('and is shown the right one by a snapshot, where it was another', async () => {
      const { ended } = await viewer();
      await story.write('One cat');
      await story.done('One fox');
      await story.note('what comes after');
      await story.end();
      const seen = await ended;
      expect(verdicts(seen)).toEqual([false]);
      const [, repaired, ...others] = snapshotsOf(seen);
      expect(repaired?.lanes[REWRITE]).toMatchObject({ text: 'One fox', verified: true });
      expect(others).toEqual([]);
      expect(seen[seen.findIndex(({ type }) => type === 'done') + 1]).toBe(repaired);
    });

    test('where the run continues after a repair, with every event once', async () => {
      const { seen, ended } = await viewer();
      await story.write('One cat');
      await story.done('One fox');
      await until('the repair', () => snapshotsOf(seen).length === 2);
      await story.note('what comes after');
      await story.end();
      expect(typesOf(await ended).slice(-3)).toEqual(['snapshot', 'stage_update', 'pipeline_done']);
    });

    describe('that continues in the middle of it,', () => {
      test('with the beginning that the log still holds', async () => {
        await story.write(LONG);
        const from = await cursorNow();
        const { ended } = await viewer({ from });
        await story.write('The end.', { from: Buffer.byteLength(LONG) });
        await story.done(`${LONG}The end.`);
        await story.end();
        const seen = await ended;
        expect(verdicts(seen)).toEqual([true]);
        expect(snapshotsOf(seen)).toEqual([]);
      });

      test('also right before it is gone on from, or right before it has settled', async () => {
        await story.write('One ');
        const first = await cursorNow();
        await story.goOn('fox', { from: 4, fence: 2 });
        const second = await cursorNow();
        await story.done('One fox', { fence: 2 });
        await story.end();
        for (const from of [first, second]) expect(verdicts(await story.view({ from }).ended)).toEqual([true]);
      });

      test('and learns of another text too', async () => {
        await story.write('One ');
        const from = await cursorNow();
        await story.write('cat', { from: 4 });
        await story.done('One fox');
        const { seen } = await viewer({ from });
        await until('the repair', () => snapshotsOf(seen).length === 1);
        expect(verdicts(seen)).toEqual([false]);
      });

      test('but gets nothing where that beginning cannot be had', async () => {
        await story.write('One ');
        const from = await cursorNow();
        await story.write('cat', { from: 4 });
        await story.done('One cat');
        await story.end();
        story.log.textsAway = true;
        const seen = await story.view({ from }).ended;
        expect(typesOf(seen)).toEqual(['token', 'token', 'token', 'done', 'pipeline_done']);
        expect(verdicts(seen)).toEqual(['left out']);
      });

      test('of a later attempt everything again', async () => {
        await story.write('One ');
        const from = await cursorNow();
        await story.write('cat', { from: 4 });
        await story.write('One fox', { fence: 2 });
        await story.done('One fox', { fence: 2 });
        await story.end();
        story.log.textsAway = true;
        expect(verdicts(await story.view({ from }).ended)).toEqual([true]);
      });
    });

    test('through a log that was lost in mid-text', async () => {
      const { seen, ended } = await viewer();
      await story.write('One ');
      await until('the beginning', () => textSeen(seen, REWRITE) === 'One ');
      story.log.inner = new MemoryEventLog();
      await story.write('One fox');
      story.log.interrupt();
      await until('the new log', () => textSeen(seen, REWRITE) === 'One fox');
      await story.done('One fox');
      story.log.interrupt();
      await until('the verdict', () => verdicts(seen).length === 1);
      await story.end();
      story.log.interrupt();
      await ended;
      expect(verdicts(seen)).toEqual([true]);
    });
  },
);

function wholeCharacters(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/\ufffd+$/, '');
}
