import type { Cursor, StoryEvent } from '../../src/protocol';
import { textSeen, typesOf } from '../support/stories';
import { until } from '../support/until';
import { idsOf, REWRITE, WatchedStory } from '../support/watched-story';
import { MemoryEventLog } from '../support/memory-log';

const LONG = '雨 falls on the pier. 🎬 '.repeat(40);

describe.each(['for await', 'forEach'] as const)('Watching a project, by %s', (by) => {
  let story: WatchedStory;
  beforeEach(() => {
    story = new WatchedStory();
    story.by = by;
  });
  afterEach(() => story.close());

  test('gives a snapshot of what there is, then what comes, and ends with the run', async () => {
    await story.write('Once ');
    const { seen, ended } = story.view();
    await until('the snapshot', () => seen.length > 0);
    await story.write('upon', { from: 5 });
    await story.end();
    expect(typesOf(await ended)).toEqual(['snapshot', 'token', 'token', 'token', 'token', 'pipeline_done']);
    expect(seen[0]).toMatchObject({
      status: 'processing',
      topic: 'storms',
      lanes: { rewrite: { status: 'processing', text: 'Once ', offset: 5, fence: 1 } },
    });
    expect(textSeen(seen, REWRITE)).toBe('Once upon');
  });

  test('loses nothing and doubles nothing for viewers who come while the text grows', async () => {
    const views: ReturnType<WatchedStory['view']>[] = [];
    const writing = (async () => {
      let at = 0;
      for (const character of LONG) {
        await story.write(character, { from: at });
        at += Buffer.byteLength(character);
      }
    })();
    for (let i = 0; i < 25; i++) {
      views.push(story.view());
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    await story.end();
    for (const { ended } of views) {
      const seen = await ended;
      expect(textSeen(seen, REWRITE)).toBe(LONG);
      expect(new Set(idsOf(seen)).size).toBe(idsOf(seen).length);
      expect(typesOf(seen).filter((type) => type === 'snapshot')).toHaveLength(1);
      expect(seen.at(-1)?.type).toBe('pipeline_done');
    }
  });

  test('shows a new attempt as what it is: the old text goes, the new one begins', async () => {
    const { seen, ended } = story.view();
    await story.write('first try');
    await until('the first try', () => textSeen(seen, REWRITE) === 'first try');
    await story.write('second', { fence: 2 });
    await story.end();
    await ended;
    expect(typesOf(seen)).toContain('reset');
    expect(textSeen(seen, REWRITE)).toBe('second');
  });

  test('never doubles a text that Postgres had already, by tokens that come late', async () => {
    await story.write('Once ');
    // Between reading the log and reading Postgres, the rest is written and settled.
    story.onAsk = async () => {
      story.onAsk = () => Promise.resolve();
      await story.write('upon a time', { from: 5 });
      story.settle('Once upon a time');
    };
    const { seen, ended } = story.view();
    await until('the snapshot', () => seen.length > 0);
    await story.end();
    await ended;
    expect(seen[0]).toMatchObject({ lanes: { rewrite: { text: 'Once upon a time', status: 'completed' } } });
    expect(typesOf(seen)).toEqual(['snapshot', 'pipeline_done']);
    expect(textSeen(seen, REWRITE)).toBe('Once upon a time');
  });

  test('shows of a late token only what the viewer lacks', async () => {
    story.settle('雨 falls');
    const { seen, ended } = story.view();
    await until('the snapshot', () => seen.length > 0);
    await story.log.inner.append({ writer: story.writer(), offset: 0, text: '雨 falls down' });
    await story.end();
    await ended;
    expect(seen[1]).toMatchObject({ type: 'token', offset: 9, content: ' down' });
    expect(textSeen(seen, REWRITE)).toBe('雨 falls down');
  });

  test('keeps what an older attempt still states from a viewer who is further', async () => {
    story.lane = { status: 'completed', fence: 5, text: 'settled' };
    const { seen, ended } = story.view();
    await until('the snapshot', () => seen.length > 0);
    await story.write('zombie', { fence: 3 });
    await story.end();
    expect(typesOf(await ended)).toEqual(['snapshot', 'pipeline_done']);
  });

  test('gives one snapshot of a project whose run has ended, and ends', async () => {
    await story.write('Once');
    story.settle('Once');
    await story.end();
    const seen = await story.view().ended;
    expect(seen).toMatchObject([{ type: 'snapshot', status: 'completed', lanes: { rewrite: { text: 'Once' } } }]);
  });

  test('gives the same snapshot from Postgres alone after the log is gone', async () => {
    story.settle('Once');
    story.status = 'failed';
    const seen = await story.view().ended;
    expect(seen).toMatchObject([
      { type: 'snapshot', status: 'failed', lanes: { rewrite: { text: 'Once', offset: 4 } } },
    ]);
    expect(seen[0]).not.toHaveProperty('cursor');
  });

  test('states it where there is no such project, and leaves nothing behind', async () => {
    story.known = false;
    await expect(story.view().ended).rejects.toMatchObject({ type: 'Project.NotFound' });
    expect(story.log.listeners).toBe(0);
  });

  test('ends quietly when the project is deleted', async () => {
    await story.write('Once');
    const { seen, ended } = story.view();
    await until('the snapshot', () => seen.length > 0);
    story.known = false;
    story.log.inner = new MemoryEventLog();
    story.log.interrupt();
    expect(typesOf(await ended)).toEqual(['snapshot']);
  });

  describe('from a cursor', () => {
    /** Everything that was ever told, as the first viewer saw it. */
    async function toldAll(): Promise<StoryEvent[]> {
      const { seen, ended } = story.view();
      await until('the snapshot', () => seen.length > 0);
      await story.write(LONG);
      await story.end();
      return (await ended).slice(1);
    }

    test('continues right after it, whichever event it names', async () => {
      const all = await toldAll();
      for (const at of [0, 1, 499, 500, 501, all.length - 2]) {
        const from = (all[at] as { id: Cursor }).id;
        expect(await story.view({ from }).ended).toEqual(all.slice(at + 1));
      }
    });

    test('gives the same continuation twice, and then what is new', async () => {
      await story.write('Once ');
      const [first] = await (async () => {
        const { seen } = story.view();
        await until('the snapshot', () => seen.length > 0);
        return seen;
      })();
      const { id: from } = first as { id: Cursor };
      await story.write('upon', { from: 5 });
      const views = [story.view({ from }), story.view({ from })];
      await until('both caught up', () => views.every(({ seen }) => seen.length === 4));
      await story.write('!', { from: 9 });
      await story.end();
      const [one, two] = await Promise.all(views.map(({ ended }) => ended));
      expect(one).toEqual(two);
      expect(typesOf(one ?? [])).toEqual(['token', 'token', 'token', 'token', 'token', 'pipeline_done']);
    });

    test.each(['1-1', '9999999999999-0'])(
      'that the log does not hold (%s), begins with a snapshot',
      async (unknown) => {
        await story.write('Once');
        const { seen, ended } = story.view({ from: unknown as Cursor });
        await until('the snapshot', () => seen.length > 0);
        await story.write('!', { from: 4 });
        await story.end();
        expect(typesOf(await ended)).toEqual(['snapshot', 'token', 'pipeline_done']);
        expect(textSeen(seen, REWRITE)).toBe('Once!');
      },
    );

    test("that is the run's last event, says without delay that the run has ended", async () => {
      const from = ((await toldAll()).at(-1) as { id: Cursor }).id;
      const { seen, ended } = story.view({ from });
      let over = false;
      void ended.then(() => (over = true));
      await until('the end', () => over);
      expect(seen.length).toBeLessThanOrEqual(1);
    });
  });

  test('asks Postgres once or twice for all who come at the same moment, and none of them misses anything', async () => {
    await story.write('Once ');
    const views = Array.from({ length: 200 }, () => story.view());
    await story.write('upon', { from: 5 });
    await until('all have begun', () => views.every(({ seen }) => seen.length > 0));
    expect(story.asked).toBeLessThanOrEqual(2);
    await story.end();
    for (const { ended } of views) expect(textSeen(await ended, REWRITE)).toBe('Once upon');
  });

  /** The viewer of a run that Postgres states to have ended just now, and whose last event is not on the log. */
  async function viewOfEnd() {
    await story.note('first');
    const { cursor } = await story.log.snapshot(story.projectId);
    await story.note('second');
    story.status = 'completed';
    story.endedJustNow = true;
    const view = story.view({ from: cursor as Cursor });
    await until('the watch has seen the end in Postgres', () => story.statusAsked > 1);
    return view;
  }

  test('waits for the last event of a run that has ended just now, which follows the commit of the end', async () => {
    const { ended } = await viewOfEnd();
    await story.end();
    expect(typesOf(await ended)).toEqual(['stage_update', 'pipeline_done']);
  });

  test('gives a snapshot instead, if that event does not come', async () => {
    const { ended } = await viewOfEnd();
    story.endedJustNow = false;
    expect(typesOf(await ended)).toEqual(['stage_update', 'snapshot']);
  });

  test('takes a snapshot anew for those who come later, also after one has failed', async () => {
    story.onAsk = () => Promise.reject(new Error('Postgres is away'));
    const failed = [story.view(), story.view()];
    for (const { ended } of failed) await expect(ended).rejects.toThrow('Postgres is away');
    story.onAsk = () => Promise.resolve();
    for (const text of ['first', 'second']) {
      story.settle(text);
      const { seen } = story.view();
      await until('the snapshot', () => seen.length > 0);
      expect(textSeen(seen, REWRITE)).toBe(text);
    }
  });

  test('answers calls that do not wait for each other in their order', async () => {
    const watch = story.watch();
    const calls = Array.from({ length: 12 }, () => watch.next());
    await until('it listens', () => story.log.listeners === 1);
    await story.write('12345');
    await story.end();
    const answers = await Promise.all(calls);
    const more = Array.from({ length: 2 }, () => watch.next());
    expect(answers.map(({ value }) => value?.type ?? 'over')).toEqual([
      ...['snapshot', 'token', 'token', 'token', 'token', 'token', 'pipeline_done'],
      ...Array.from({ length: 5 }, () => 'over'),
    ]);
    expect(await Promise.all(more)).toEqual(more.map(() => ({ done: true, value: undefined })));
  });

  test('hands over what has come without waiting, whether calls wait for each other or not', async () => {
    const watch = story.watch();
    await watch.next();
    await story.write('abcdef');
    const waited = await watch.next();
    const calls = await Promise.all([watch.next(), watch.next(), watch.next()]);
    const last = [await watch.next(), await watch.next()];
    const contents = [waited, ...calls, ...last].map(({ value }) => (value?.type === 'token' ? value.content : ''));
    expect(contents.join('')).toBe('abcdef');
    await watch.return(undefined);
  });

  describe('ends quietly and leaves the log', () => {
    test('when it is aborted while it waits', async () => {
      const controller = new AbortController();
      const { seen, ended } = story.view({ signal: controller.signal });
      await until('the snapshot', () => seen.length > 0);
      expect(story.log.listeners).toBe(1);
      controller.abort();
      await ended;
      await until('it has left', () => story.log.listeners === 0);
    });

    test('when it is aborted in the middle of a replay', async () => {
      await story.note('first');
      const { cursor } = await story.log.snapshot(story.projectId);
      await story.write('x'.repeat(2_000));
      const controller = new AbortController();
      let seen = 0;
      for await (const event of story.watch({ from: cursor as Cursor, signal: controller.signal })) {
        expect(event.type).toBe('token');
        if (++seen === 10) controller.abort();
      }
      expect(seen).toBe(10);
    });

    test('when its reader breaks off', async () => {
      for await (const event of story.watch()) {
        expect(event.type).toBe('snapshot');
        break;
      }
      await until('it has left', () => story.log.listeners === 0);
    });

    test('when the taker of its events has it return, and takes none after that', async () => {
      const watch = story.watch();
      const seen: StoryEvent[] = [];
      const over = watch.forEach((event) => {
        seen.push(event);
        if (event.type === 'token') void watch.return(undefined);
      });
      await until('the snapshot', () => seen.length > 0);
      await story.write('abc');
      await over;
      expect(typesOf(seen)).toEqual(['snapshot', 'token']);
      await until('it has left', () => story.log.listeners === 0);
    });

    test.each(['snapshot', 'token'])('with the error that the taker throws at a %s', async (type) => {
      const watch = story.watch();
      const seen: StoryEvent[] = [];
      const over = watch.forEach((event) => {
        seen.push(event);
        if (event.type === type) throw new Error('enough');
      });
      over.catch(() => undefined);
      await until('the snapshot', () => seen.length > 0);
      await story.write('abc');
      await expect(over).rejects.toThrow('enough');
      await until('it has left', () => story.log.listeners === 0);
    });

    test('when the run ends', async () => {
      const { ended } = story.view();
      await story.end();
      await ended;
      await until('it has left', () => story.log.listeners === 0);
    });
  });
});
