import fc from 'fast-check';
import { Slots } from '../../src/workflows/slots';

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Asks for a place and notes when it is given. */
function ask(slots: Slots, name: number, let_in: number[]): void {
  void slots.enter().then(() => let_in.push(name));
}

describe('Slots', () => {
  test('let in as many as there are places, and the next ones in the order in which they came', async () => {
    const slots = new Slots(2);
    const inside: number[] = [];
    for (const name of [1, 2, 3, 4, 5]) ask(slots, name, inside);
    await settle();
    expect(inside).toEqual([1, 2]);
    slots.leave();
    await settle();
    expect(inside).toEqual([1, 2, 3]);
    slots.leave();
    slots.leave();
    await settle();
    expect(inside).toEqual([1, 2, 3, 4, 5]);
  });

  test('once closed, let nobody in any more', async () => {
    const slots = new Slots(1);
    const inside: number[] = [];
    ask(slots, 1, inside);
    ask(slots, 2, inside);
    slots.close();
    slots.leave();
    ask(slots, 3, inside);
    await settle();
    expect(inside).toEqual([1]);
  });

  test('never hold more than their number, keep the order and leave no place empty', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.boolean(), { maxLength: 60 }),
        async (size, steps) => {
          const slots = new Slots(size);
          const inside: number[] = [];
          let asked = 0;
          let left = 0;
          for (const enters of steps) {
            if (enters) ask(slots, asked++, inside);
            else if (left < inside.length) {
              left += 1;
              slots.leave();
            }
            await settle();
            expect(inside.length - left).toBe(Math.min(size, asked - left));
          }
          expect(inside).toEqual([...inside.keys()]);
        },
      ),
      { numRuns: 50 },
    );
  });
});
