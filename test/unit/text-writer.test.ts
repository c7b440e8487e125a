import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { laneId, type ContinuedBy, type Cursor, type ProjectId, type ResetReason } from '../../src/protocol';
import { TextWriter, type LaneWriter } from '../../src/stream';
import { until } from '../support/until';
import { FaultyLog } from '../support/faulty-log';
import { MemoryEventLog } from '../support/memory-log';

const LANE = laneId('rewrite');

interface Opening {
  readonly fence?: number;
  readonly reason?: ResetReason;
  readonly continued?: { readonly text: string; readonly how: ContinuedBy };
}

describe('The text writer', () => {
  const made: TextWriter[] = [];
  afterEach(() => made.splice(0).forEach((writer) => writer.close()));

  function start(opening: Opening = {}, log = new FaultyLog(new MemoryEventLog())) {
    const { fence = 1, ...rest } = opening;
    const projectId = randomUUID() as ProjectId;
    return { log, projectId, ...attempt(log, projectId, fence, rest) };
  }

  function attempt(log: FaultyLog, projectId: ProjectId, fence: number, opening: Omit<Opening, 'fence'> = {}) {
    const stale: number[] = [];
    const writer: LaneWriter = { projectId, lane: LANE, fence, attempt: fence };
    const text = new TextWriter({ log, writer, ...opening, onStale: (newer) => void stale.push(newer) });
    made.push(text);
    return { text, stale };
  }

  async function held(log: FaultyLog, projectId: ProjectId): Promise<string | undefined> {
    return (await log.inner.lane(projectId, LANE))?.text;
  }

  /** All events that have come after the first one. */
  async function later(log: FaultyLog, projectId: ProjectId, first: Cursor) {
    return (await log.inner.read(projectId, first, 1_000)) ?? [];
  }

  test('sends the first piece at once', () => {
    const { log, text } = start();
    text.write('Once');
    expect(log.appends).toMatchObject([{ offset: 0, text: 'Once' }]);
  });

  test('lets pieces gather while one is under way, and sends them together', async () => {
    const { log, projectId, text } = start();
    const open = log.hold();
    for (const piece of ['Once', ' upon', ' a', ' time']) text.write(piece);
    expect(log.appends).toHaveLength(1);
    open();
    expect(await text.flush(5_000)).toBe(true);
    expect(log.appends.map((append) => append.text)).toEqual(['Once', ' upon a time']);
    expect(await held(log, projectId)).toBe('Once upon a time');
  });

  test('counts offsets in bytes', async () => {
    const { log, projectId, text } = start();
    text.write('雨🎬');
    await text.flush(5_000);
    text.write('é');
    await text.flush(5_000);
    expect(log.appends.map(({ offset }) => offset)).toEqual([0, 7]);
    expect(await held(log, projectId)).toBe('雨🎬é');
  });

  test('sends nothing for an empty piece', () => {
    const { log, text } = start();
    text.write('');
    expect(log.appends).toHaveLength(0);
    expect(text.settled).toBe(true);
  });

  test('takes pieces while the log is away, and brings it the whole text when it is back', async () => {
    const { log, projectId, text } = start();
    text.write('before ');
    await text.flush(5_000);
    log.away = true;
    for (const piece of ['while ', 'away ', '雨 ']) text.write(piece);
    expect(text.text).toBe('before while away 雨 ');
    expect(text.settled).toBe(false);
    log.away = false;
    text.write('after');
    expect(await text.flush(5_000)).toBe(true);
    expect(await held(log, projectId)).toBe('before while away 雨 after');
  });

  test('doubles nothing where the log did what it was asked and only its answers were lost', async () => {
    const { log, projectId, text } = start();
    log.loseAnswers = 3;
    for (const piece of ['a', 'b', 'c']) text.write(piece);
    expect(await text.flush(10_000)).toBe(true);
    expect(await held(log, projectId)).toBe('abc');
  });

  test('sends a log that comes back empty the whole text again', async () => {
    const { log, projectId, text } = start();
    text.write('lost 雨, ');
    await text.flush(5_000);
    log.inner = new MemoryEventLog();
    text.write('kept');
    expect(await text.flush(5_000)).toBe(true);
    expect(await held(log, projectId)).toBe('lost 雨, kept');
  });

  test('sends a log that has forgotten the end only what it lacks', async () => {
    const { log, projectId, text } = start();
    text.write('雨 falls ');
    await text.flush(5_000);
    log.inner = new MemoryEventLog();
    const writer = { projectId, lane: LANE, fence: 1, attempt: 1 };
    await log.inner.append({ writer, offset: 0, text: '雨 ' });
    text.write('here');
    expect(await text.flush(5_000)).toBe(true);
    expect(await held(log, projectId)).toBe('雨 falls here');
    expect(log.appends.at(-1)).toMatchObject({ offset: 4, text: 'falls here' });
  });

  test('holds half a character back until its other half comes', async () => {
    const { log, projectId, text } = start();
    const [high, low] = ['\ud83c', '\udfac'];
    text.write(`cut ${high}`);
    expect(text.text).toBe('cut ');
    text.write(`${low}!`);
    await text.flush(5_000);
    expect(await held(log, projectId)).toBe('cut 🎬!');
    expect(log.appends.map((append) => append.text).join('')).toBe('cut 🎬!');
  });

  test('never sends half a character, however the text is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat({ max: 3 })), async (words, cuts) => {
        const whole = words.join('');
        const { log, projectId, text } = start();
        let at = 0;
        for (let i = 0; at < whole.length; i++) {
          const size = (cuts[i % Math.max(cuts.length, 1)] ?? 0) + 1;
          text.write(whole.slice(at, at + size));
          at += size;
        }
        await text.flush(5_000);
        expect((await held(log, projectId)) ?? '').toBe(whole);
        for (const { text: sent } of log.appends) expect(Buffer.from(sent).toString()).toBe(sent);
      }),
    );
  });

  test('stops where a newer attempt has the lane, and states it once', async () => {
    const { log, projectId, text, stale } = start();
    text.write('old');
    await text.flush(5_000);
    attempt(log, projectId, 2).text.write('new');
    await until('the newer text', async () => (await held(log, projectId)) === 'new');
    text.write(' and on');
    expect(await text.flush(5_000)).toBe(false);
    text.write(' and on');
    const asked = log.appends.length;
    expect(await text.flush(5_000)).toBe(false);
    expect(stale).toEqual([2]);
    expect(log.appends).toHaveLength(asked);
    expect(await held(log, projectId)).toBe('new');
  });

  test('states why the earlier text goes', async () => {
    const { log, projectId, text } = start();
    text.write('first');
    await text.flush(5_000);
    const { cursor } = await log.snapshot(projectId);
    const second = attempt(log, projectId, 2, { reason: 'rerun' }).text;
    second.write('second');
    await second.flush(5_000);
    expect(await later(log, projectId, cursor as Cursor)).toMatchObject([
      { type: 'reset', reason: 'rerun' },
      { type: 'token', content: 'second' },
    ]);
  });

  test('gives the reason until the log has taken it, and again where the log has lost the text', async () => {
    const { log, text } = start({ fence: 2, reason: 'rerun' });
    const say = async (piece: string) => {
      text.write(piece);
      expect(await text.flush(5_000)).toBe(true);
    };
    await say('a');
    await say('b');
    log.inner = new MemoryEventLog();
    await say('c');
    await say('d');
    expect(log.appends.map(({ text: sent, reason }) => [sent, reason])).toEqual([
      ['a', 'rerun'],
      ['b', undefined],
      ['c', undefined],
      ['abc', 'rerun'],
      ['d', undefined],
    ]);
  });

  test('continues from the text that is there, and states so before it has a piece of its own', async () => {
    const { log, projectId, text } = start();
    text.write('雨 falls');
    await text.flush(5_000);
    const { cursor } = await log.snapshot(projectId);
    const second = attempt(log, projectId, 2, { continued: { text: '雨 falls', how: 'prefill' } }).text;
    second.open();
    expect(await second.flush(5_000)).toBe(true);
    second.write(' on');
    await second.flush(5_000);
    expect(await later(log, projectId, cursor as Cursor)).toMatchObject([
      { type: 'resumed', offset: 9, how: 'prefill', fence: 2 },
      { type: 'token', offset: 9, content: ' on' },
    ]);
    expect(second.text).toBe('雨 falls on');
    expect(await held(log, projectId)).toBe('雨 falls on');
  });

  test('begins again with the whole text where what it continues from is gone', async () => {
    const { log, projectId, text } = start({ continued: { text: 'gone ', how: 'prefill' } });
    text.write('on');
    expect(await text.flush(5_000)).toBe(true);
    expect(await held(log, projectId)).toBe('gone on');
  });

  test('never continues from what an older attempt has written to a log that was lost', async () => {
    const { log, projectId, text: older } = start();
    older.write('abc');
    await older.flush(5_000);
    const { text: newer } = attempt(log, projectId, 2, { continued: { text: 'abc', how: 'prefill' } });
    newer.write('d');
    await newer.flush(5_000);
    log.inner = new MemoryEventLog();
    older.write('xyz');
    await older.flush(5_000);
    expect(await held(log, projectId)).toBe('abcxyz');
    newer.write('e');
    expect(await newer.flush(5_000)).toBe(true);
    expect(await held(log, projectId)).toBe('abcde');
  });

  test('gives up waiting after its time, and the text still comes later', async () => {
    const { log, projectId, text } = start();
    log.away = true;
    text.write('late');
    expect(await text.flush(20)).toBe(false);
    log.away = false;
    expect(await text.flush(5_000)).toBe(true);
    expect(await held(log, projectId)).toBe('late');
  });

  test('has nothing to wait for before the first piece', async () => {
    expect(await start().text.flush(0)).toBe(true);
  });

  test('once closed, sends nothing more and wakes who waits', async () => {
    const { log, projectId, text } = start();
    log.away = true;
    text.write('dropped');
    const flushed = text.flush(60_000);
    text.close();
    expect(await flushed).toBe(false);
    log.away = false;
    const asked = log.appends.length;
    text.write(' too');
    expect(await text.flush(60_000)).toBe(false);
    expect(log.appends).toHaveLength(asked);
    expect(await held(log, projectId)).toBeUndefined();
  });
});
