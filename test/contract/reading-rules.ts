import { compareCursors, laneId, type Cursor } from '../../src/protocol';
import type { EventLog } from '../../src/stream';
import { append, begin, newProject, NOTE, readAll, REWRITE, writerOf, type OpenLog } from './log-under-test';

export function readingRules(log: () => EventLog, open: OpenLog): void {
  describe('reading', () => {
    test('a project without events has an empty snapshot without a cursor, and no lanes', async () => {
      const projectId = newProject();
      const snapshot = await log().snapshot(projectId);
      expect(snapshot.cursor).toBeUndefined();
      expect(snapshot.lanes.size).toBe(0);
      expect(await log().lane(projectId, REWRITE)).toBeUndefined();
    });

    test('a snapshot has the text of every lane, and the cursor of the last event in it', async () => {
      const { projectId, start } = await begin(log());
      const camera = laneId('camera_movement', 12);
      await append(log(), writerOf(projectId, 1), 0, '雨 and ');
      await append(log(), writerOf(projectId, 4, camera), 0, '{}');
      await append(log(), writerOf(projectId, 1), 8, 'wind');
      const { cursor, lanes } = await log().snapshot(projectId);
      expect(lanes.get(REWRITE)).toEqual({ fence: 1, attempt: 1, text: '雨 and wind' });
      expect(lanes.get(camera)).toEqual({ fence: 4, attempt: 4, text: '{}' });
      expect(cursor).toBe((await readAll(log(), projectId, start)).at(-1)?.id);
      expect(await log().read(projectId, cursor as Cursor, 10)).toEqual([]);
    });

    test('a snapshot has the newest fence of every lane, also of one whose text is of an older attempt', async () => {
      const { projectId } = await begin(log());
      const camera = laneId('camera_movement', 1);
      await append(log(), writerOf(projectId, 1), 0, 'rain');
      const [ended, text] = [writerOf(projectId, 7), writerOf(projectId, 9, camera)];
      await log().publish({ projectId, stage: 'rewrite', writer: ended, events: [NOTE] });
      await log().publish({ projectId, stage: 'camera_movement', writer: text, events: [NOTE] });
      const { lanes, newest } = await log().snapshot(projectId);
      expect(lanes.get(REWRITE)?.fence).toBe(1);
      expect([newest.get(REWRITE), newest.get(camera)]).toEqual([7, 9]);
    });

    test('a snapshot and the events after its cursor are the whole, also while pieces come in', async () => {
      const { projectId } = await begin(log());
      const writer = writerOf(projectId, 1);
      const writing = (async () => {
        for (let i = 0; i < 200; i++) await append(log(), writer, i, String(i % 10));
      })();
      const snapshots = [];
      for (let i = 0; i < 20; i++) snapshots.push(await log().snapshot(projectId));
      await writing;
      const whole = await log().lane(projectId, REWRITE);
      for (const { cursor, lanes } of snapshots) {
        const rest = await readAll(log(), projectId, cursor as Cursor);
        const tail = rest.map((event) => (event.type === 'token' ? event.content : '')).join('');
        expect((lanes.get(REWRITE)?.text ?? '') + tail).toBe(whole?.text);
      }
    });

    test('cursors grow, and reading from one continues right after it', async () => {
      const { projectId, start } = await begin(log());
      for (let i = 0; i < 5; i++) await append(log(), writerOf(projectId, 1), i, String(i));
      const events = await readAll(log(), projectId, start);
      const ids = events.map(({ id }) => id);
      expect([...ids].sort(compareCursors)).toEqual(ids);
      expect(new Set(ids).size).toBe(5);
      expect(await log().read(projectId, ids[2] as Cursor, 10)).toEqual(events.slice(3));
    });

    test('a page holds no more than was asked for, and the next one begins where it ends', async () => {
      const { projectId, start } = await begin(log());
      for (let i = 0; i < 5; i++) await append(log(), writerOf(projectId, 1), i, String(i));
      const first = (await log().read(projectId, start, 2)) ?? [];
      const second = (await log().read(projectId, first[1]?.id as Cursor, 2)) ?? [];
      const third = (await log().read(projectId, second[1]?.id as Cursor, 2)) ?? [];
      expect([first.length, second.length, third.length]).toEqual([2, 2, 1]);
      expect([...first, ...second, ...third]).toEqual(await readAll(log(), projectId, start));
    });

    test('a position that the log does not hold is not read from', async () => {
      const { projectId } = await begin(log());
      expect(await log().read(projectId, '0-0' as Cursor, 10)).toBeUndefined();
      expect(await log().read(projectId, '1-1' as Cursor, 10)).toBeUndefined();
      expect(await log().read(projectId, '9999999999999-0' as Cursor, 10)).toBeUndefined();
      const { cursor } = await log().snapshot(projectId);
      expect(await log().read(newProject(), cursor as Cursor, 10)).toBeUndefined();
    });

    test('a log that is full lets its oldest events go, and keeps every text whole', async () => {
      const small = await open(200);
      try {
        const { projectId, start } = await begin(small);
        for (let i = 0; i < 1_000; i += 50) {
          await Promise.all(
            Array.from({ length: 50 }, () => small.publish({ projectId, stage: 'rewrite', events: [NOTE] })),
          );
        }
        for (let i = 0; i < 10; i++) await append(small, writerOf(projectId, 1), i, 'x');
        expect(await small.read(projectId, start, 10)).toBeUndefined();
        const { cursor, lanes } = await small.snapshot(projectId);
        expect(lanes.get(REWRITE)?.text).toBe('x'.repeat(10));
        expect(await small.read(projectId, cursor as Cursor, 10)).toEqual([]);
      } finally {
        await small.close();
      }
    });
  });
}
