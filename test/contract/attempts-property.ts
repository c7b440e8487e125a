import fc from 'fast-check';
import type { LogEvent, StoryEvent } from '../../src/protocol';
import type { EventLog } from '../../src/stream';
import { textSeen } from '../support/stories';
import { Attempt, pieces, step } from './attempt';
import { begin, readAll, REWRITE, textOf, writerOf } from './log-under-test';

export function attemptsProperty(log: () => EventLog, runs: number): void {
  test('two attempts that interleave, repeat themselves and lose answers leave the text of the newer one, and so its viewer sees it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(pieces, pieces),
        fc.array(step, { maxLength: 20 }),
        fc.boolean(),
        async ([older, newer], steps, continues) => {
          const { projectId, start } = await begin(log());
          const first = new Attempt(log(), writerOf(projectId, 1), older);
          let second: Attempt | undefined;
          for (const { by, how } of steps) {
            if (by === 0) await first.take(how);
            else {
              const held = continues ? await textOf(log(), projectId) : undefined;
              second ??= new Attempt(log(), writerOf(projectId, 2), newer, held);
              await second.take(how);
            }
          }
          await first.finish();
          await second?.finish();

          const expected = (second ?? first).text;
          expect(await textOf(log(), projectId)).toBe(expected);
          const events: readonly LogEvent[] = await readAll(log(), projectId, start);
          expect(textSeen(events as readonly StoryEvent[], REWRITE)).toBe(expected);
          const fences = events.map(({ fence }) => fence ?? 0);
          expect(fences).toEqual([...fences].sort((a, b) => a - b));
          expect(events.filter(({ type }) => type === 'reset' || type === 'resumed').length).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: runs },
    );
  });
}
