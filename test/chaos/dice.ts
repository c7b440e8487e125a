import { Dice } from '../../dev/studio/dice';

/** What `npm run test:chaos` has drawn, or a person wants again. Every choice of these suites comes from it. */
export const SEED = Number(process.env['CHAOS_SEED'] ?? 2);

/** Dice of one use, so that another throw in one test changes nothing in the others. */
export function diceFor(use: string): Dice {
  return new Dice(`${SEED}/${use}`);
}
