import fc from 'fast-check';
import { rangeIn } from '../../src/gateway/range';

test.each([
  ['bytes=0-0', 10, { start: 0, end: 0 }],
  ['bytes=0-', 10, { start: 0, end: 9 }],
  ['Bytes=2-3', 10, { start: 2, end: 3 }],
  ['bytes=-1', 10, { start: 9, end: 9 }],
  ['bytes=-11', 10, { start: 0, end: 9 }],
  ['bytes=9-99', 10, { start: 9, end: 9 }],
  [`bytes=0-${'9'.repeat(400)}`, 10, { start: 0, end: 9 }],
  [`bytes=-${'9'.repeat(400)}`, 10, { start: 0, end: 9 }],
  [`bytes=${'9'.repeat(400)}-`, 10, 'unsatisfiable'],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=10-12', 10, 'unsatisfiable'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=0-0', 0, 'unsatisfiable'],
  ['bytes=-1', 0, 'unsatisfiable'],
  ['bytes=3-1', 10, 'whole'],
  ['bytes=0-1,3-4', 10, 'whole'],
  ['bytes=-', 10, 'whole'],
  ['bytes=', 10, 'whole'],
  ['bytes=a-b', 10, 'whole'],
  ['bytes=1.5-2', 10, 'whole'],
  ['bytes=--1', 10, 'whole'],
  ['lines=0-1', 10, 'whole'],
  [undefined, 10, 'whole'],
] as const)('%s of %i bytes', (header, bytes, expected) => {
  expect(rangeIn(header, bytes)).toEqual(expected);
});

test('every range that is given lies within the file, and no header throws', () => {
  const number = fc.oneof(fc.nat(30).map(String), fc.bigInt({ min: 0n }).map(String), fc.constant(''));
  const header = fc.oneof(
    fc.tuple(number, number).map(([from, to]) => `bytes=${from}-${to}`),
    fc.string(),
  );
  fc.assert(
    fc.property(header, fc.nat(20), (given, bytes) => {
      const range = rangeIn(given, bytes);
      if (typeof range === 'string') return;
      expect(range.start).toBeGreaterThanOrEqual(0);
      expect(range.end).toBeGreaterThanOrEqual(range.start);
      expect(range.end).toBeLessThan(bytes);
    }),
  );
});
