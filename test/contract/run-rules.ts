import fc from 'fast-check';
import type { EventBody, ProjectId } from '../../src/protocol';
import type { EventLog, PublishReply } from '../../src/stream';
import { until } from '../support/until';
import { append, begin, newProject, NOTE, readAll, textOf, writerOf } from './log-under-test';

const END: EventBody = { type: 'pipeline_error', error: 'The run failed.' };

/** What a log lets the steps of a run say about the run as a whole. */
export function runRules(log: () => EventLog, runs: number): void {
  describe('runs', () => {
    const say = (projectId: ProjectId, fence: number) =>
      log().publish({ projectId, stage: 'pipeline', events: [NOTE], run: { fence } });
    const end = (projectId: ProjectId, execution: string, fence: number) =>
      log().publish({
        projectId,
        stage: 'pipeline',
        events: [END],
        run: { fence, isLatest: true },
        once: { key: `end:${execution}`, value: 1 },
      });

    test('an older run that has ended can neither speak nor end again in a newer one', async () => {
      const { projectId, start } = await begin(log());
      await log().keep(projectId, 10);
      expect(await end(projectId, 'R1', 15)).toEqual({ kind: 'ok' });
      await log().keep(projectId, 20);
      expect(await end(projectId, 'R1', 15)).toEqual({ kind: 'stale', fence: 20 });
      expect(await say(projectId, 12)).toEqual({ kind: 'stale', fence: 20 });
      expect(await say(projectId, 20)).toEqual({ kind: 'ok' });
      expect(await end(projectId, 'R2', 25)).toEqual({ kind: 'ok' });
      expect(await readAll(log(), projectId, start)).toHaveLength(3);
    });

    test('a run that could not tell its end cannot tell it in a newer one', async () => {
      const { projectId, start } = await begin(log());
      await log().keep(projectId, 20);
      expect(await end(projectId, 'R1', 15)).toEqual({ kind: 'stale', fence: 20 });
      expect(await readAll(log(), projectId, start)).toEqual([]);
    });

    test('what a run states after its end under an older fence is refused, also where the newer run has not begun', async () => {
      const { projectId } = await begin(log());
      expect(await end(projectId, 'R1', 15)).toEqual({ kind: 'ok' });
      expect(await say(projectId, 14)).toEqual({ kind: 'stale', fence: 15 });
      expect(await end(projectId, 'R1', 14)).toEqual({ kind: 'stale', fence: 15 });
      expect(await end(projectId, 'R1', 16)).toEqual({ kind: 'seen' });
    });

    test('the end of a run is announced once, also where other runs have begun meanwhile and nobody names a fence', async () => {
      const { projectId } = await begin(log());
      const unfenced = () =>
        log().publish({ projectId, stage: 'pipeline', events: [END], once: { key: 'end:R1', value: 1 } });
      const other = () => log().publish({ projectId, stage: 'x', events: [NOTE], once: { key: 'other', value: 1 } });
      expect([await unfenced(), await other()]).toEqual([{ kind: 'ok' }, { kind: 'ok' }]);
      await log().keep(projectId);
      expect([await unfenced(), await other()]).toEqual([{ kind: 'seen' }, { kind: 'ok' }]);
    });

    test('a run that begins late forgets none of the marks of a newer one', async () => {
      const { projectId } = await begin(log());
      await log().keep(projectId, 20);
      const mark = () => log().publish({ projectId, stage: 'x', events: [NOTE], once: { key: 'stage', value: 1 } });
      expect(await mark()).toEqual({ kind: 'ok' });
      await log().keep(projectId, 10);
      expect(await mark()).toEqual({ kind: 'seen' });
      await log().keep(projectId, 21);
      expect(await mark()).toEqual({ kind: 'ok' });
    });

    test('an older run does not let the log of a newer one expire', async () => {
      const older = await begin(log());
      const newer = await begin(log());
      for (const { projectId } of [older, newer]) {
        await append(log(), writerOf(projectId, 1), 0, 'story');
        await log().keep(projectId, 20);
      }
      await log().expire(newer.projectId, 1, 15);
      await log().expire(older.projectId, 1, 20);
      await until('the log is gone', async () => (await log().snapshot(older.projectId)).lanes.size === 0);
      expect(await textOf(log(), newer.projectId)).toBe('story');
    });

    test('a log that has expired or was deleted knows of no run', async () => {
      for (const forget of [(id: ProjectId) => log().expire(id, 1), (id: ProjectId) => log().delete(id)]) {
        const { projectId } = await begin(log());
        await log().keep(projectId, 20);
        await forget(projectId);
        await until('it is forgotten', async () => (await say(projectId, 1)).kind === 'ok');
      }
    });

    const step = fc.record({
      run: fc.integer({ min: 0, max: 3 }),
      how: fc.constantFrom('begin' as const, 'say' as const, 'end' as const, 'expire' as const),
      attempt: fc.integer({ min: 0, max: 2 }),
    });

    test('whatever steps of whatever runs come in whatever order, no run speaks after a newer one has begun or ended', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const projectId = newProject();
          let newest = 0;
          const ends: string[] = [];
          for (const { run, how, attempt } of steps) {
            const fence = run * 100 + { begin: 1, say: 10, expire: 20, end: 20 }[how] + attempt;
            const isLate = fence < newest;
            let reply: PublishReply | undefined;
            if (how === 'begin') await log().keep(projectId, fence);
            if (how === 'expire') await log().expire(projectId, 1_000, fence);
            if (how === 'say') reply = await say(projectId, fence);
            if (how === 'end') reply = await end(projectId, `R${run}`, fence);
            if (reply && isLate) expect(reply).toEqual({ kind: 'stale', fence: newest });
            if (reply && !isLate) expect(reply.kind).toBe(ends.includes(`R${run}`) && how === 'end' ? 'seen' : 'ok');
            if (how === 'end' && reply?.kind === 'ok') ends.push(`R${run}`);
            if (how === 'begin' || (how === 'end' && reply?.kind === 'ok')) newest = Math.max(newest, fence);
          }
          expect(ends).toEqual([...new Set(ends)].sort());
        }),
        { numRuns: runs },
      );
    });
  });
}
