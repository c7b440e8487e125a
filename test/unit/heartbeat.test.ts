import { beatMs } from '../../src/activities/lanes/heartbeat';

test.each([
  ['calmly while it would hear of a stop at once', 2, { isListening: true, stopped: false }, 5_000],
  ['soon after its first beat, for a stop that came just before it', 1, { isListening: true, stopped: false }, 500],
  ['often while it would not hear of a stop', 9, { isListening: false, stopped: false }, 500],
  ['often while it waits for its cancellation', 9, { isListening: true, stopped: true }, 500],
])('a lane beats %s', (_, beats, pace, ms) => {
  expect(beatMs(beats, pace)).toBe(ms);
});
