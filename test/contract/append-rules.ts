import { laneId } from '../../src/protocol';
import type { EventLog } from '../../src/stream';
import { append, begin, readAll, REWRITE, textOf, told, writerOf } from './log-under-test';

export function appendRules(log: () => EventLog): void {
  describe('appending', () => {
    test('the first piece is published as a token at offset 0, and no reset', async () => {
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
      expect(await log().lane(projectId, REWRITE)).toMatchObject({ fence: fence + 1, text: 'c' });
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
}
