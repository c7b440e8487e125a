import { laneId, type EventBody } from '../../src/protocol';
import type { EventLog, PublishRequest } from '../../src/stream';
import { append, begin, NOTE, readAll, told, writerOf } from './log-under-test';

const DONE: EventBody = { type: 'done', metadata: { length: 3, sha256: 'abc' } };

export function publishRules(log: () => EventLog): void {
  describe('publishing', () => {
    const publish = (request: Omit<PublishRequest, 'stage' | 'events'> & { events?: readonly EventBody[] }) =>
      log().publish({ stage: 'rewrite', events: [DONE], ...request });

    test('an event carries its place, its project, its stage and its time in seconds', async () => {
      const { projectId, start } = await begin(log());
      await publish({ projectId });
      const [event] = await readAll(log(), projectId, start);
      expect(event).toMatchObject({ ...DONE, project_id: projectId, stage: 'rewrite' });
      expect(event).not.toHaveProperty('lane');
      expect(event?.id).toMatch(/^\d+-\d+$/);
      expect(Math.abs((event?.timestamp ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    });

    test('an event of an attempt carries lane, fence and attempt', async () => {
      const { projectId, start } = await begin(log());
      const lane = laneId('camera_movement', 3);
      await log().publish({
        projectId,
        stage: 'camera_movement',
        events: [NOTE],
        writer: { projectId, lane, fence: 9, attempt: 2 },
      });
      expect(await readAll(log(), projectId, start)).toMatchObject([
        { ...NOTE, stage: 'camera_movement', lane, fence: 9, attempt: 2 },
      ]);
    });

    test('the events of one call stay together and in order', async () => {
      const { projectId, start } = await begin(log());
      await Promise.all(
        [1, 2, 3].map((n) =>
          publish({
            projectId,
            events: [1, 2, 3].map((m) => ({ type: 'error', error: `${n}.${m}`, retry_count: 0 })),
          }),
        ),
      );
      const texts = (await readAll(log(), projectId, start)).map((event) => event.type === 'error' && event.error);
      for (const n of [1, 2, 3]) {
        const at = texts.indexOf(`${n}.1`);
        expect(texts.slice(at, at + 3)).toEqual([`${n}.1`, `${n}.2`, `${n}.3`]);
      }
    });

    test('an older attempt is refused; the same and a newer one are not', async () => {
      const { projectId, start } = await begin(log());
      await append(log(), writerOf(projectId, 5), 0, 'abc');
      expect(await publish({ projectId, writer: writerOf(projectId, 4) })).toEqual({ kind: 'stale', fence: 5 });
      expect(await publish({ projectId, writer: writerOf(projectId, 5) })).toEqual({ kind: 'ok' });
      expect(await publish({ projectId, writer: writerOf(projectId, 6) })).toEqual({ kind: 'ok' });
      expect(told(await readAll(log(), projectId, start))).toMatchObject([
        { type: 'token' },
        { type: 'done', fence: 5 },
        { type: 'done', fence: 6 },
      ]);
    });

    test('what needs a text of so many bytes waits for exactly that text, by this attempt', async () => {
      const { projectId, start } = await begin(log());
      const writer = writerOf(projectId, 5);
      const settle = (fence: number, needsBytes: number) =>
        publish({ projectId, writer: writerOf(projectId, fence), needsBytes });
      expect(await settle(5, 3)).toEqual({ kind: 'gap', length: 0 });
      await append(log(), writer, 0, '雨');
      expect(await settle(5, 4)).toEqual({ kind: 'gap', length: 3 });
      expect(await settle(5, 2)).toEqual({ kind: 'gap', length: 3 });
      expect(await readAll(log(), projectId, start)).toHaveLength(1);
      expect(await settle(5, 3)).toEqual({ kind: 'ok' });
      expect(await settle(6, 3)).toEqual({ kind: 'gap', length: 0 });
      expect(await settle(5, 3)).toEqual({ kind: 'stale', fence: 6 });
      expect(told(await readAll(log(), projectId, start))).toMatchObject([{ type: 'token' }, { type: 'done' }]);
    });

    test('under a mark, only a greater value is published', async () => {
      const { projectId, start } = await begin(log());
      const mark = (key: string, value: number) => publish({ projectId, once: { key, value } });
      expect(await mark('end', 2)).toEqual({ kind: 'ok' });
      expect(await mark('end', 2)).toEqual({ kind: 'seen' });
      expect(await mark('end', 1)).toEqual({ kind: 'seen' });
      expect(await mark('progress', 1)).toEqual({ kind: 'ok' });
      expect(await mark('end', 3)).toEqual({ kind: 'ok' });
      expect(await readAll(log(), projectId, start)).toHaveLength(3);
    });

    test('the same mark may be used in every project', async () => {
      for (const { projectId } of [await begin(log()), await begin(log())]) {
        expect(await publish({ projectId, once: { key: 'end', value: 1 } })).toEqual({ kind: 'ok' });
      }
    });

    test('a call that was refused has not used up its mark', async () => {
      const { projectId } = await begin(log());
      const writer = writerOf(projectId, 5);
      const request = { projectId, writer, needsBytes: 3, once: { key: 'settled', value: 5 } };
      expect(await publish(request)).toMatchObject({ kind: 'gap' });
      await append(log(), writer, 0, 'abc');
      expect(await publish({ ...request, writer: writerOf(projectId, 4) })).toMatchObject({ kind: 'stale' });
      expect(await publish(request)).toEqual({ kind: 'ok' });
    });

    test('of many calls under one mark at the same time, one is published', async () => {
      const { projectId, start } = await begin(log());
      const replies = await Promise.all(
        Array.from({ length: 20 }, () => publish({ projectId, once: { key: 'end', value: 1 } })),
      );
      expect(replies.filter(({ kind }) => kind === 'ok')).toHaveLength(1);
      expect(await readAll(log(), projectId, start)).toHaveLength(1);
    });
  });
}
