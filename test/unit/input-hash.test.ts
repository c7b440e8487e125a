import fc from 'fast-check';
import { inputHash, textHash } from '../../src/planning';

describe('The hash of what a result is made from', () => {
  test('is the same for the same parts', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (parts) => {
        expect(inputHash(structuredClone(parts))).toBe(inputHash(parts));
      }),
    );
  });

  test('differs where any part differs', () => {
    const json = fc.jsonValue();
    fc.assert(
      fc.property(fc.array(json), fc.array(json), (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        expect(inputHash(one)).not.toBe(inputHash(other));
      }),
    );
  });

  test('distinguishes where one part ends and the next begins, and what comes first', () => {
    expect(inputHash(['ab', 'c'])).not.toBe(inputHash(['a', 'bc']));
    expect(inputHash(['a', 'b'])).not.toBe(inputHash(['b', 'a']));
    expect(inputHash(['1'])).not.toBe(inputHash([1]));
  });

  test('stays what it is from version to version, because it is stored', () => {
    expect(inputHash(['rewrite', 'model', [{ role: 'user', content: '雨' }], 2_000, 0.8, undefined])).toBe(
      '2f051a3c1b05c17cf4d8bd91016aa1e518fc950514b5b845d4df8f65ff913a05',
    );
  });
});

describe('The hash of a text', () => {
  test('is SHA-256 over its UTF-8, with the length in bytes', () => {
    expect(textHash('')).toEqual({
      sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      bytes: 0,
    });
    expect(textHash('é雨🎬').bytes).toBe(9);
  });
});
