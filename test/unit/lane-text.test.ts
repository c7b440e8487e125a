import fc from 'fast-check';
import { RollingTextHash } from '../../src/client/watch/rolling-text-hash';
import { sha256 } from '../support/stories';

const piece = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 3_000 }));

function textOf(...pieces: readonly string[]): RollingTextHash {
  const text = new RollingTextHash();
  for (const each of pieces) text.add(each);
  return text;
}

test('A text is known by its length and hash, however it was cut into pieces', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
      const whole = pieces.join('');
      expect(textOf(...pieces).is(Buffer.byteLength(whole), sha256(whole))).toBe(true);
    }),
  );
});

test('It continues from where it is cut back to, and states where it cannot be', () => {
  const step = fc.oneof(fc.record({ add: piece }), fc.record({ back: fc.nat({ max: 4_000 }) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const text = new RollingTextHash();
      let whole = Buffer.alloc(0);
      for (const each of steps) {
        if ('add' in each) {
          text.add(each.add);
          whole = Buffer.concat([whole, Buffer.from(each.add)]);
          continue;
        }
        const at = whole.length - each.back;
        if (each.back <= Math.min(1_024, whole.length)) expect(text.canCut(at)).toBe(true);
        if (!text.canCut(at)) continue;
        text.cut(at);
        whole = whole.subarray(0, at);
      }
      expect(text.is(whole.length, sha256(whole))).toBe(true);
    }),
  );
});

test('Another text, another length and another hash are noticed', () => {
  expect(textOf('One cat').is(7, sha256('One fox'))).toBe(false);
  expect(textOf('One fox').is(8, sha256('One fox'))).toBe(false);
});

test('It never is what it was to be after some of it was not seen', () => {
  const text = textOf('One fox');
  text.tear();
  expect(text.is(7, sha256('One fox'))).toBe(false);
});

describe('After it has settled', () => {
  test('it can be asked again, and gone on from at its end', () => {
    const text = textOf('x'.repeat(10_000));
    const hash = sha256('x'.repeat(10_000));
    expect([text.is(10_000, hash), text.is(10_000, hash)]).toEqual([true, true]);
    expect([text.canCut(10_000), text.canCut(9_999)]).toEqual([true, false]);
  });

  test('it grows no more', () => {
    const text = RollingTextHash.ofSettled(3, sha256('fox'));
    expect(text.is(3, sha256('fox'))).toBe(true);
    text.add('!');
    expect(text.is(4, sha256('fox!'))).toBe(false);
  });
});
