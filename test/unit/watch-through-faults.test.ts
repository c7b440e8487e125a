import type { StoryEvent } from '../../src/protocol';
import { textSeen, typesOf } from '../support/stories';
import { until } from '../support/until';
import { idsOf, REWRITE, WatchedStory } from '../support/watched-story';
import { MemoryEventLog } from '../support/memory-log';

describe.each(['for await', 'forEach'] as const)('Watching a project, by %s', (by) => {
  let story: WatchedStory;
  beforeEach(() => {
    story = new WatchedStory();
    story.by = by;
  });
  afterEach(() => story.close());

  describe('through faults', () => {
    test('catches up on what it missed while the connection was interrupted', async () => {
      const { seen, ended } = story.view();
      await until('the snapshot', () => seen.length > 0);
      await story.write('heard ');
      story.log.deaf = true;
      await story.write('missed ', { from: 6 });
      story.log.deaf = false;
      story.log.interrupt();
      await until('caught up', () => textSeen(seen, REWRITE) === 'heard missed ');
      await story.write('heard', { from: 13 });
      await story.end();
      await ended;
      expect(textSeen(seen, REWRITE)).toBe('heard missed heard');
      expect(typesOf(seen).filter((type) => type === 'snapshot')).toHaveLength(1);
    });

    test('sees by the next event that it has missed some', async () => {
      const { seen, ended } = story.view();
      await until('the snapshot', () => seen.length > 0);
      story.log.deaf = true;
      await story.write('missed ');
      story.log.deaf = false;
      await story.write('heard', { from: 7 });
      await story.end();
      await ended;
      expect(textSeen(seen, REWRITE)).toBe('missed heard');
      expect(new Set(idsOf(seen)).size).toBe(idsOf(seen).length);
    });

    test('begins anew where the log has lost everything meanwhile', async () => {
      await story.write('lost');
      const { seen, ended } = story.view();
      await until('the snapshot', () => seen.length > 0);
      story.log.inner = new MemoryEventLog();
      await story.write('lost and found');
      story.log.interrupt();
      await until('the text of the new log', () => textSeen(seen, REWRITE) === 'lost and found');
      story.log.inner = new MemoryEventLog();
      story.settle('settled');
      story.status = 'completed';
      story.log.interrupt();
      await ended;
      expect(typesOf(seen)).toEqual(['snapshot', 'snapshot', 'snapshot']);
      expect(textSeen(seen, REWRITE)).toBe('settled');
    });

    test('is not misled by a new log whose events are older than its cursor, because the clock was put back', async () => {
      await story.write('lost');
      const { seen, ended } = story.view();
      await until('the snapshot', () => seen.length > 0);
      const hourAgo = Date.now() - 3_600_000;
      const clock = jest.spyOn(Date, 'now').mockReturnValue(hourAgo);
      try {
        // Its listeners are those of the log that it replaces: nothing tells them but its first event.
        await story.log.inner.delete(story.projectId);
        await story.write('lost and ');
      } finally {
        clock.mockRestore();
      }
      await until('the text of the new log', () => textSeen(seen, REWRITE) === 'lost and ');
      await story.write('found', { from: 9 });
      await story.end();
      await ended;
      expect(textSeen(seen, REWRITE)).toBe('lost and found');
    });

    test('lacks no beginning where the newest attempt continues from what an older one wrote to a log that was lost', async () => {
      story.lane.fence = 2;
      const { seen, ended } = story.view();
      await until('the snapshot', () => seen.length > 0);
      await story.write('abc', { fence: 1 });
      await story.log.inner.append({ writer: story.writer(2), offset: 2, text: 'd', continued: 'prefill' });
      await until('the whole text', () => textSeen(seen, REWRITE) === 'abd');
      await story.write('e', { from: 3 });
      await story.end();
      await ended;
      expect(textSeen(seen, REWRITE)).toBe('abde');
    });

    test('misses nothing that came before a subscription that was slow to come', async () => {
      await story.write('Once');
      const subscribe = story.log.hold();
      const { seen, ended } = story.view();
      await until('the snapshot', () => seen.length > 0);
      await story.note('between');
      subscribe();
      await until('what came between', () => seen.some((event) => event.type === 'stage_update'));
      await story.end();
      await ended;
    });

    test('while the log is away, shows Postgres and waits; the end of the run is seen there', async () => {
      story.log.away = true;
      const { seen, ended } = story.view();
      await until('the snapshot', () => seen.length > 0);
      expect(seen).toMatchObject([{ type: 'snapshot', status: 'processing' }]);
      story.settle('Once');
      story.status = 'completed';
      await ended;
      expect(seen.at(-1)).toMatchObject({
        type: 'snapshot',
        status: 'completed',
        lanes: { rewrite: { text: 'Once' } },
      });
    });

    test('continues when the log is back', async () => {
      await story.write('Once ');
      const { seen, ended } = story.view();
      await until('the snapshot', () => seen.length > 0);
      story.log.away = true;
      story.log.deaf = true;
      story.log.interrupt();
      await story.write('upon', { from: 5 });
      story.log.away = false;
      story.log.deaf = false;
      await until('caught up', () => textSeen(seen, REWRITE) === 'Once upon');
      await story.end();
      await ended;
    });
  });

  describe('as a slow reader', () => {
    test('gives everything once and in order, however far the reader has fallen behind', async () => {
      await story.note('first');
      const watch = story.watch();
      const seen: StoryEvent[] = [];
      const first = await watch.next();
      if (first.value) seen.push(first.value);
      const text = 'x'.repeat(5_000);
      await story.write(text);
      await story.end();
      for await (const event of watch) seen.push(event);
      expect(textSeen(seen, REWRITE)).toBe(text);
      expect(idsOf(seen)).toHaveLength(5_001);
      expect(new Set(idsOf(seen)).size).toBe(5_001);
    });

    test('gives a snapshot where the log has let go what the reader had not seen', async () => {
      story.log.inner = new MemoryEventLog({ maxEntries: 100 });
      await story.note('first');
      const watch = story.watch();
      const seen: StoryEvent[] = [];
      const first = await watch.next();
      if (first.value) seen.push(first.value);
      const text = 'x'.repeat(4_000);
      await story.write(text);
      await story.end();
      for await (const event of watch) seen.push(event);
      expect(textSeen(seen, REWRITE)).toBe(text);
      expect(seen.at(-1)).toMatchObject({ type: 'snapshot', status: 'completed' });
    });
  });
});
