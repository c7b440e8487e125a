import { laneId } from '../../src/protocol';
import type { EventLog } from '../../src/stream';
import { append, begin, readAll, textOf, told, writerOf } from './log-under-test';

export function appendRules(log: () => EventLog): void {
  describe('appending', () => {
    test('the first piece is told as a token at offset 0, and no reset', async () => {
      const { projectId, start } = await begin(log());
      expect(await append(log(), writerOf(projectId, 1), 0, 'Once')).toEqual({ kind: 'ok', length: 4 });
      expect(told(await readAll(log(), projectId, start))).toEqual([
        { type: 'token', offset: 0, content: 'Once', fence: 1 },
      ]);
    });

    test('offsets and lengths count bytes of UTF-8', async () => {
      const { projectId, start } = await begin(log());
      const writer = writerOf(projectId, 1);
      expect(await append(log(), writer, 0, 'é雨🎬')).toEqual({ kind: 'ok', length: 9 });
      expect(await append(log(), writer, 9, '!')).toEqual({ kind: 'ok', length: 10 });
      expect(told(await readAll(log(), projectId, start))).toMatchObject([{ offset: 0 }, { offset: 9, content: '!' }]);
    });

    test('every character comes back as it was: quotes, slashes, line ends, controls, the NUL', async () => {
      const { projectId, start } = await begin(log());
      const text = '"\\/\n\r\t\0\u0001\u007f\u2028é雨👩‍🚀';
      await append(log(), writerOf(projectId, 1), 0, text);
      expect(await textOf(log(), projectId)).toBe(text);
      expect(told(await readAll(log(), projectId, start))).toMatchObject([{ content: text }]);
    });

    test('a repeated piece is acknowledged and not doubled', async () => {
      const { projectId, start } = await begin(log());
      const writer = writerOf(projectId, 1);
      await append(log(), writer, 0, '雨, ');
      expect(await append(log(), writer, 0, '雨, ')).toEqual({ kind: 'ok', length: 5 });
      expect(await textOf(log(), projectId)).toBe('雨, ');
      expect(await readAll(log(), projectId, start)).toHaveLength(1);
    });

    test('a repeated piece that has grown adds only what is missing', async () => {
      const { projectId, start } = await begin(log());
      const writer = writerOf(projectId, 1);
      await append(log(), writer, 0, '雨, ');
      expect(await append(log(), writer, 0, '雨, wind')).toEqual({ kind: 'ok', length: 9 });
      expect(await textOf(log(), projectId)).toBe('雨, wind');
      expect(told(await readAll(log(), projectId, start))).toMatchObject([
        { offset: 0, content: '雨, ' },
        { offset: 5, content: 'wind' },
      ]);
    });

    test('a piece beyond the end is answered with the length that is there, and changes nothing', async () => {
      const { projectId, start } = await begin(log());
      const writer = writerOf(projectId, 1);
      await append(log(), writer, 0, 'abc');
      expect(await append(log(), writer, 5, 'xyz')).toEqual({ kind: 'gap', length: 3 });
      expect(await textOf(log(), projectId)).toBe('abc');
      expect(await readAll(log(), projectId, start)).toHaveLength(1);
    });

    test('an older attempt is refused, told of the newer one, and changes nothing', async () => {
      const { projectId, start } = await begin(log());
      await append(log(), writerOf(projectId, 7), 0, 'new');
      expect(await append(log(), writerOf(projectId, 6), 3, ' old')).toEqual({ kind: 'stale', fence: 7 });
      expect(await append(log(), writerOf(projectId, 6), 0, 'old')).toEqual({ kind: 'stale', fence: 7 });
      expect(await textOf(log(), projectId)).toBe('new');
      expect(await readAll(log(), projectId, start)).toHaveLength(1);
    });

    test('for a lane, fences never go down: once a newer attempt has published, an older one cannot write', async () => {
      const { projectId, start } = await begin(log());
      await append(log(), writerOf(projectId, 1), 0, 'zombie');
      await log().publish({
        projectId,
        stage: 'rewrite',
        writer: writerOf(projectId, 2),
        events: [{ type: 'stage_update', status: 'processing' }],
      });
      await append(log(), writerOf(projectId, 1), 6, ' goes on');
      const fences = (await readAll(log(), projectId, start)).map(({ fence }) => fence ?? 0);
      expect(fences).toEqual([...fences].sort((a, b) => a - b));
    });

    test('fences as large as real ones keep their order to the last digit', async () => {
      const { projectId } = await begin(log());
      const fence = 1_790_000_000_123_004;
      await append(log(), writerOf(projectId, fence), 0, 'a');
      expect(await append(log(), writerOf(projectId, fence - 1), 1, 'b')).toEqual({ kind: 'stale', fence });
      expect(await append(log(), writerOf(projectId, fence + 1), 0, 'c')).toEqual({ kind: 'ok', length: 1 });
      expect(await log().lane(projectId, laneId('rewrite'))).toMatchObject({ fence: fence + 1, text: 'c' });
    });

    test('lanes and projects keep apart', async () => {
      const one = await begin(log());
      const other = await begin(log());
      await append(log(), writerOf(one.projectId, 5, laneId('camera_movement', 1)), 0, 'left');
      await append(log(), writerOf(one.projectId, 1, laneId('camera_movement', 2)), 0, 'right');
      await append(log(), writerOf(other.projectId, 1, laneId('camera_movement', 1)), 0, 'up');
      const { lanes } = await log().snapshot(one.projectId);
      expect([...lanes].map(([lane, { text }]) => `${lane} ${text}`).sort()).toEqual([
        'camera_movement/1 left',
        'camera_movement/2 right',
      ]);
    });
  });

  describe('a new attempt', () => {
    test('throws the old text away and says so, by default because of a retry', async () => {
      const { projectId, start } = await begin(log());
      await append(log(), writerOf(projectId, 1), 0, 'first try');
      expect(await append(log(), writerOf(projectId, 2), 0, 'second')).toEqual({ kind: 'ok', length: 6 });
      expect(await textOf(log(), projectId)).toBe('second');
      expect(told(await readAll(log(), projectId, start)).slice(1)).toEqual([
        { type: 'reset', reason: 'retry', fence: 2 },
        { type: 'token', offset: 0, content: 'second', fence: 2 },
      ]);
    });

    test('says the reason that it is given, also where the log knows of no earlier text', async () => {
      const { projectId, start } = await begin(log());
      await append(log(), writerOf(projectId, 2), 0, 'again', { reason: 'rerun' });
      expect(told(await readAll(log(), projectId, start))).toMatchObject([
        { type: 'reset', reason: 'rerun' },
        { type: 'token', offset: 0 },
      ]);
    });

    test('says its reason once, however many pieces carry it', async () => {
      const { projectId, start } = await begin(log());
      await append(log(), writerOf(projectId, 2), 0, 'a', { reason: 'rerun' });
      await append(log(), writerOf(projectId, 2), 1, 'b', { reason: 'rerun' });
      await append(log(), writerOf(projectId, 2), 0, 'ab', { reason: 'rerun' });
      expect(told(await readAll(log(), projectId, start))).toMatchObject([
        { type: 'reset' },
        { content: 'a' },
        { content: 'b' },
      ]);
    });

    test('goes on from the whole text and says resumed', async () => {
      const { projectId, start } = await begin(log());
      await append(log(), writerOf(projectId, 1), 0, '雨 falls');
      const reply = await append(log(), writerOf(projectId, 2), 9, ' on', { continued: 'prefill' });
      expect(reply).toEqual({ kind: 'ok', length: 12 });
      expect(await textOf(log(), projectId)).toBe('雨 falls on');
      expect(told(await readAll(log(), projectId, start)).slice(1)).toEqual([
        { type: 'resumed', offset: 9, how: 'prefill', fence: 2 },
        { type: 'token', offset: 9, content: ' on', fence: 2 },
      ]);
    });

    test('goes on from within the text, and what lay behind that is gone', async () => {
      const { projectId, start } = await begin(log());
      await append(log(), writerOf(projectId, 1), 0, 'abc   ');
      await append(log(), writerOf(projectId, 2), 3, 'd', { continued: 'prefill' });
      expect(await textOf(log(), projectId)).toBe('abcd');
      expect(told(await readAll(log(), projectId, start)).slice(1)).toMatchObject([
        { type: 'resumed', offset: 3 },
        { type: 'token', offset: 3, content: 'd' },
      ]);
    });

    test('can open without a piece of its own', async () => {
      const { projectId, start } = await begin(log());
      await append(log(), writerOf(projectId, 1), 0, 'settled');
      expect(await append(log(), writerOf(projectId, 2), 7, '', { continued: 'reuse' })).toEqual({
        kind: 'ok',
        length: 7,
      });
      expect(told(await readAll(log(), projectId, start)).slice(1)).toEqual([
        { type: 'resumed', offset: 7, how: 'reuse', fence: 2 },
      ]);
    });

    test('that goes on from more than there is learns how much there is, and changes nothing', async () => {
      const { projectId } = await begin(log());
      await append(log(), writerOf(projectId, 1), 0, 'abc');
      expect(await append(log(), writerOf(projectId, 2), 9, 'x', { continued: 'prefill' })).toEqual({
        kind: 'gap',
        length: 3,
      });
      expect(await log().lane(projectId, laneId('rewrite'))).toEqual({ fence: 1, attempt: 1, text: 'abc' });
    });

    test('that begins behind a text which is not its own is asked for all of it', async () => {
      const { projectId } = await begin(log());
      await append(log(), writerOf(projectId, 1), 0, 'abcdef');
      expect(await append(log(), writerOf(projectId, 2), 3, 'x')).toEqual({ kind: 'gap', length: 0 });
      expect(await log().lane(projectId, laneId('rewrite'))).toEqual({ fence: 1, attempt: 1, text: 'abcdef' });
    });
  });
}
