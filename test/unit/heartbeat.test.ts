import { beatMs } from '../../src/activities/heartbeat';

test.each([
  [1, 1_000],
  [25, 1_000],
  [50, 2_000],
  [125, 5_000],
  [2_000, 5_000],
])('a worker with %i lanes beats for each of them every %i ms', (lanes, ms) => {
  expect(beatMs(lanes)).toBe(ms);
});
