import fc from 'fast-check';
import { wordDiff } from '../../web/text/word-diff';

const text = fc.oneof(
  fc
    .array(fc.constantFrom('a', 'storm', ' ', '\n', '灯塔', '的', '👩‍🚀', ','), { maxLength: 40 })
    .map((all) => all.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

test('a comparison loses nothing of either text, and marks nothing in equal ones', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const parts = wordDiff(before, after, 'en');
      const without = (kind: string) =>
        parts
          .filter((part) => part.kind !== kind)
          .map((part) => part.text)
          .join('');
      expect(without('added')).toBe(before);
      expect(without('removed')).toBe(after);
      expect(wordDiff(before, before, 'zh').every(({ kind }) => kind === 'same')).toBe(true);
    }),
  );
});

test('only the words that have changed are marked, in English and in Chinese', () => {
  const changed = (before: string, after: string) =>
    wordDiff(before, after, 'en').filter(({ kind }) => kind !== 'same');
  expect(changed('The old keeper slept.', 'The young keeper slept.')).toEqual([
    { kind: 'removed', text: 'old' },
    { kind: 'added', text: 'young' },
  ]);
  expect(changed('她打开了窗户。', '她打开了大门。')).toEqual([
    { kind: 'removed', text: '窗户' },
    { kind: 'added', text: '大门' },
  ]);
});

test('a few equal words do not cut a passage that was written anew to pieces', () => {
  const kinds = wordDiff('He went, and sat.', 'Ann slept, and ate.', 'en').map(({ kind }) => kind);
  expect(kinds).toEqual(['removed', 'added', 'same']);
});

test('a text of any length is compared at once', () => {
  const words = (word: string) => `${word} `.repeat(20_000);
  expect(wordDiff(words('storm'), words('calm'), 'en').length).toBeGreaterThan(1);
});
