import fc from 'fast-check';
import { oneAtATime } from '../../web/parts/one-at-a-time';

test('whoever asks gets an answer that was requested after the asking, and none is replaced by an older one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ pause: fc.nat({ max: 3 }), work: fc.nat({ max: 3 }) }), { maxLength: 12 }),
      async (calls) => {
        let stored = 0;
        let shown = 0;
        let running = 0;
        const durations = calls.map(({ work }) => work);
        const look = oneAtATime(async () => {
          running += 1;
          expect(running).toBe(1);
          const read = stored;
          await turns(durations.shift() ?? 0);
          expect(read).toBeGreaterThanOrEqual(shown);
          shown = read;
          running -= 1;
        });
        const asked: Promise<void>[] = [];
        for (const { pause } of calls) {
          await turns(pause);
          const atCall = (stored += 1);
          asked.push(look().then(() => expect(shown).toBeGreaterThanOrEqual(atCall)));
        }
        await Promise.all(asked);
        expect(shown).toBe(stored);
      },
    ),
  );
});

async function turns(n: number): Promise<void> {
  for (let i = 0; i < n; i += 1) await new Promise((resolve) => setImmediate(resolve));
}
