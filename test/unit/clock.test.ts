import { clockWentBack } from '../../src/activities/lanes/clock';
import { classify } from '../../src/activities/lanes/stage-failure';
import { fenceOf } from '../../src/protocol';

const MINUTE_MS = 60_000;

test('a fence of a time that is still to come is tried again then, and states when that is', () => {
  const until = Date.now() + 2 * MINUTE_MS;
  const error = clockWentBack('rewrite', fenceOf(until, 1), fenceOf(Date.now(), 1));
  const { type, message, retryable, retryAfterMs = 0 } = classify(error);
  expect({ type, retryable }).toEqual({ type: 'Clock.WentBack', retryable: true });
  expect(message).toContain(new Date(until).toISOString());
  expect(retryAfterMs).toBeGreaterThan(MINUTE_MS);
  expect(retryAfterMs).toBeLessThanOrEqual(2 * MINUTE_MS + 1_000);
});

test('a fence of a time that has been is that of a newer attempt', () => {
  const now = Date.now();
  expect(clockWentBack('rewrite', fenceOf(now - 10, 2), fenceOf(now - MINUTE_MS, 1))).toBeUndefined();
});
