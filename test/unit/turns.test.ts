import fc from 'fast-check';
import { Turns } from '../../src/gateway/stream/turns';

test('However work comes and ends, no more than so much runs at once, and all of it is done in turn', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 4 }), fc.array(fc.boolean()), async (s, most, works) => {
      const turns = new Turns(most);
      const begun: number[] = [];
      let now = 0;
      const all = works.map((fails, i) =>
        turns.run(async () => {
          begun.push(i);
          now += 1;
          expect(now).toBeLessThanOrEqual(most);
          await s.schedule(Promise.resolve());
          now -= 1;
          if (fails) throw new Error('work fails');
        }),
      );
      await Promise.all([s.waitIdle(), Promise.allSettled(all)]);
      expect(begun).toEqual(works.map((_, i) => i));
      expect((await Promise.allSettled(all)).map(({ status }) => status === 'rejected')).toEqual(works);
    }),
  );
});
