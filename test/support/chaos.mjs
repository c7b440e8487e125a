/**
 * What `npm run test:chaos` runs: test/e2e, test/operations, test/faults and test/chaos. These are whole programs,
 * operators' tools, outages, kills, random commands, films in a row and real models. It also runs the tests of `npm test`
 * with generated inputs, which have one seed there. Each round has a seed, which is printed; `--seed` repeats that round.
 * The last line is "N passed, N failed".
 */
import { randomInt } from 'node:crypto';
import { check, end, isInterrupted, jest, optionsOf } from './scripts.mjs';

const USAGE = `npm run test:chaos -- [--minutes n] [--seed s]
  --minutes n  begins another round until so many minutes have passed; default: one round, some 11 minutes
  --seed s     of the first round; each further one has the next number; default: at random`;

const known = { minutes: { type: 'string', default: '0' }, seed: { type: 'string' } };
const { minutes, seed } = optionsOf('test:chaos', USAGE, known, (values) => {
  const [minutes, seed] = [Number(values.minutes), Number(values.seed ?? randomInt(1_000_000))];
  if (!(minutes >= 0) || !Number.isSafeInteger(seed)) throw new Error('minutes and seed must be numbers');
  return { minutes, seed };
});
const until = Date.now() + minutes * 60_000;
const results = [await check('build')];
// Only these depend on the seed. Once is enough for outages and for real models.
const DICE_ONLY = ['random-kills', 'soak', 'truth'];
for (let round = 0; results[0].failed === 0 && !isInterrupted(); round++) {
  if (round > 0 && Date.now() >= until) break;
  console.log(`round ${round + 1}: seed ${seed + round}`);
  const env = { CHAOS_SEED: String(seed + round) };
  results.push(await jest('test:jest', ['--findRelatedTests', 'test/support/seeded.cjs'], env));
  if (!isInterrupted()) results.push(await jest('test:jest:chaos', round === 0 ? [] : DICE_ONLY, env));
}
console.log(`again: npm run test:chaos -- --seed ${seed}${minutes ? ` --minutes ${minutes}` : ''}`);
end(results);
