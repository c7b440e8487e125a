import { CancelledFailure } from '@temporalio/common';
import fc from 'fast-check';
import { ActivityIds } from '../../src/workflows/activity-ids';

describe('Ids of activities', () => {
  /** An activity that the test ends. */
  class Activity {
    private settle!: { resolve(): void; reject(error: Error): void };
    readonly result = new Promise<void>((resolve, reject) => (this.settle = { resolve, reject }));
    id = '';

    start = (id: string): Promise<void> => {
      this.id = id;
      return this.result;
    };

    async end(how: 'completes' | 'fails' | 'is cancelled'): Promise<void> {
      if (how === 'completes') this.settle.resolve();
      else this.settle.reject(how === 'fails' ? new Error('no') : new CancelledFailure('stop'));
      await this.result.catch(() => undefined);
    }
  }

  const scheduled = (ids: ActivityIds, name: string, waitsForItsEnd = false) => {
    const activity = new Activity();
    ids.schedule(name, activity.start, { waitsForItsEnd }).catch(() => undefined);
    return activity;
  };

  test('are the names, one after the other, and get a number where the name is pending', async () => {
    const ids = new ActivityIds();
    const first = scheduled(ids, 'tell/rewrite');
    expect(first.id).toBe('tell/rewrite');
    const second = scheduled(ids, 'tell/rewrite');
    expect(second.id).toBe('tell/rewrite~2');
    await first.end('fails');
    expect(scheduled(ids, 'tell/rewrite').id).toBe('tell/rewrite');
    expect(scheduled(ids, 'tell/rewrite').id).toBe('tell/rewrite~3');
    expect(scheduled(ids, 'tell/film').id).toBe('tell/film');
  });

  test('are not used again after a cancellation that nobody waited for', async () => {
    const ids = new ActivityIds();
    await scheduled(ids, 'tell/rewrite').end('is cancelled');
    expect(scheduled(ids, 'tell/rewrite').id).toBe('tell/rewrite~2');
  });

  test('are those of their lanes however often a lane runs, because its loop waits for the end of each activity', async () => {
    const ids = new ActivityIds();
    for (const how of ['is cancelled', 'fails', 'is cancelled', 'completes'] as const) {
      const attempt = scheduled(ids, 'image_generation/3', true);
      expect(attempt.id).toBe('image_generation/3');
      await attempt.end(how);
    }
  });

  test('never meet an id that may still be pending in Temporal', async () => {
    const name = fc.constantFrom('close', 'tell/rewrite', 'rewrite', 'park/film');
    const step = fc.oneof(
      fc.record({ schedule: name, waits: fc.boolean() }),
      fc.record({
        end: fc.nat(),
        how: fc.constantFrom('completes' as const, 'fails' as const, 'is cancelled' as const),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const ids = new ActivityIds();
        const running: { activity: Activity; waits: boolean }[] = [];
        const pending = new Set<string>();
        for (const next of steps) {
          if ('schedule' in next) {
            const activity = scheduled(ids, next.schedule, next.waits);
            expect(pending).not.toContain(activity.id);
            pending.add(activity.id);
            running.push({ activity, waits: next.waits });
          } else {
            const [ended] = running.splice(next.end % Math.max(1, running.length), 1);
            if (!ended) continue;
            await ended.activity.end(next.how);
            if (ended.waits || next.how !== 'is cancelled') pending.delete(ended.activity.id);
          }
        }
      }),
    );
  });
});
