import { laneId } from '../../src/protocol';
import type { EventLog } from '../../src/stream';
import { until } from '../support/until';
import { append, begin, listen, readAll, textOf, writerOf } from './log-under-test';

export function expiryRules(log: () => EventLog): void {
  describe('expiry', () => {
    const gone = (projectId: Parameters<EventLog['snapshot']>[0]) =>
      until('the log is gone', async () => {
        const { cursor, lanes } = await log().snapshot(projectId);
        return cursor === undefined && lanes.size === 0;
      });

    test('takes events and texts; what is kept in time stays', async () => {
      const expired = await begin(log());
      const kept = await begin(log());
      for (const { projectId } of [expired, kept]) {
        await append(log(), writerOf(projectId, 1), 0, 'story');
        await append(log(), writerOf(projectId, 1, laneId('camera_movement', 2)), 0, '{}');
        await log().expire(projectId, 1);
      }
      await log().keep(kept.projectId);
      await gone(expired.projectId);
      expect(await log().read(expired.projectId, expired.start, 10)).toBeUndefined();
      expect(await textOf(log(), expired.projectId)).toBeUndefined();
      expect(await textOf(log(), kept.projectId)).toBe('story');
      expect(await textOf(log(), kept.projectId, laneId('camera_movement', 2))).toBe('{}');
      expect(await readAll(log(), kept.projectId, kept.start)).toHaveLength(2);
    });

    test('does not silence those who listen: they hear of what begins anew, after nothing', async () => {
      const { projectId } = await begin(log());
      const heard = await listen(log(), projectId);
      await log().expire(projectId, 1);
      await gone(projectId);
      await append(log(), writerOf(projectId, 1), 0, 'again');
      await until('heard', (saw) => saw(heard.messages).some(({ kind }) => kind === 'event'));
      // A subscription that was interrupted meanwhile says so, too.
      const events = heard.messages.filter(({ kind }) => kind === 'event');
      expect(events).toMatchObject([{ kind: 'event', previousId: '0-0', event: { content: 'again' } }]);
      heard.leave();
    });
  });

  describe('deletion', () => {
    test('leaves nothing of the project, and all of the others; done again it changes nothing', async () => {
      const deleted = await begin(log());
      const other = await begin(log());
      for (const { projectId } of [deleted, other]) {
        await append(log(), writerOf(projectId, 1), 0, 'story');
        await append(log(), writerOf(projectId, 1, laneId('camera_movement', 2)), 0, '{}');
      }
      for (let times = 0; times < 2; times++) {
        await log().delete(deleted.projectId);
        expect(await log().snapshot(deleted.projectId)).toEqual({ lanes: new Map(), newest: new Map() });
        expect(await log().read(deleted.projectId, deleted.start, 10)).toBeUndefined();
      }
      expect(await textOf(log(), other.projectId)).toBe('story');
      expect(await readAll(log(), other.projectId, other.start)).toHaveLength(2);
    });

    // Many times, because what begins anew within the same millisecond must not pass for what was before.
    test('does not silence those who listen, and lets nobody read on in what begins anew', async () => {
      for (let times = 0; times < 40; times++) {
        const { projectId, start } = await begin(log());
        const heard = await listen(log(), projectId);
        await log().delete(projectId);
        await append(log(), writerOf(projectId, 1), 0, 'again');
        expect(await log().read(projectId, start, 10)).toBeUndefined();
        await until('heard', (saw) => saw(heard.messages).some(({ kind }) => kind === 'event'));
        // A subscription that was interrupted meanwhile says so, too.
        const events = heard.messages.filter(({ kind }) => kind === 'event');
        expect(events).toMatchObject([{ kind: 'event', previousId: '0-0', event: { content: 'again' } }]);
        heard.leave();
      }
    });
  });
}
