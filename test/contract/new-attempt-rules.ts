import type { EventLog } from '../../src/stream';
import { append, begin, readAll, REWRITE, textOf, told, writerOf } from './log-under-test';

export function newAttemptRules(log: () => EventLog): void {
  describe('a new attempt', () => {
    test('throws the old text away and announces it, by default because of a retry', async () => {
      const { projectId, start } = await begin(log());
      await append(log(), writerOf(projectId, 1), 0, 'first try');
      expect(await append(log(), writerOf(projectId, 2), 0, 'second')).toEqual({ kind: 'ok', length: 6 });
      expect(await textOf(log(), projectId)).toBe('second');
      expect(told(await readAll(log(), projectId, start)).slice(1)).toEqual([
        { type: 'reset', reason: 'retry', fence: 2 },
        { type: 'token', offset: 0, content: 'second', fence: 2 },
      ]);
    });

    test('announces the reason that it is given, also where the log knows of no earlier text', async () => {
      const { projectId, start } = await begin(log());
      await append(log(), writerOf(projectId, 2), 0, 'again', { reason: 'rerun' });
      expect(told(await readAll(log(), projectId, start))).toMatchObject([
        { type: 'reset', reason: 'rerun' },
        { type: 'token', offset: 0 },
      ]);
    });

    test('announces its reason once, however many pieces carry it', async () => {
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

    test('takes back what it has streamed itself, as often as it is asked', async () => {
      const { projectId, start } = await begin(log());
      await append(log(), writerOf(projectId, 1), 0, 'They want a story.');
      await append(log(), writerOf(projectId, 1), 0, '', { reason: 'thoughts' });
      // Its answer was lost: it is sent again, with what came meanwhile.
      await append(log(), writerOf(projectId, 1), 0, 'Once', { reason: 'thoughts' });
      await append(log(), writerOf(projectId, 1), 4, ' upon');
      expect(await textOf(log(), projectId)).toBe('Once upon');
      expect(told(await readAll(log(), projectId, start)).slice(1)).toMatchObject([
        { type: 'reset', reason: 'thoughts' },
        { type: 'reset', reason: 'thoughts' },
        { type: 'token', offset: 0, content: 'Once' },
        { type: 'token', offset: 4, content: ' upon' },
      ]);
    });

    test('continues from the whole text and announces resumed', async () => {
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

    test('continues from within the text, and what lay behind that is gone', async () => {
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

    test('that continues from more than there is learns how much there is, and changes nothing', async () => {
      const { projectId } = await begin(log());
      await append(log(), writerOf(projectId, 1), 0, 'abc');
      expect(await append(log(), writerOf(projectId, 2), 9, 'x', { continued: 'prefill' })).toEqual({
        kind: 'gap',
        length: 3,
      });
      expect(await log().lane(projectId, REWRITE)).toEqual({ fence: 1, attempt: 1, text: 'abc' });
    });

    test('that begins behind a text which is not its own is asked for all of it', async () => {
      const { projectId } = await begin(log());
      await append(log(), writerOf(projectId, 1), 0, 'abcdef');
      expect(await append(log(), writerOf(projectId, 2), 3, 'x')).toEqual({ kind: 'gap', length: 0 });
      expect(await log().lane(projectId, REWRITE)).toEqual({ fence: 1, attempt: 1, text: 'abcdef' });
    });
  });
}
