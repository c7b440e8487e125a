import fc from 'fast-check';
import {
  boundedError,
  boundedLine,
  firstBytes,
  givenText,
  isBlank,
  isOpen,
  plainInMarkdown,
  storable,
  utf8Bytes,
} from '../../src/protocol';

/** Any units of UTF-16, NUL and halves of characters more often than chance would have them. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 0xd83d, 0xdca1, 0x61, 0x72d0)))
  .map((units) => String.fromCharCode(...units));
const anyBound = fc.integer({ min: 4, max: 200 });

/** What Postgres, Redis and Temporal all take. */
function isStorable(text: string): boolean {
  return Buffer.from(text).toString() === text && !text.includes('\0');
}

test('bytes are counted as UTF-8 has them', () => {
  fc.assert(fc.property(anyText, (text) => expect(utf8Bytes(text)).toBe(Buffer.byteLength(text))));
});

test.each(['', ' \n\u00a0\u3000', '\u200b\u200d\ufeff\u2060', '\0\u0007\u009b', '\u{e0041}\u{e0042}', '\u3164\ufe0f'])(
  'a reader sees nothing of %j',
  (text) => expect([isBlank(text), isBlank(`${text}狐`), isBlank(`${text}.`)]).toEqual([true, false, false]),
);

test('what cannot be stored is taken out, and nothing else', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const clean = storable(text);
      expect(isStorable(clean)).toBe(true);
      expect(storable(clean)).toBe(clean);
      if (isStorable(text)) expect(clean).toBe(text);
    }),
  );
});

test('a cut lies between characters and keeps all that fits', () => {
  fc.assert(
    fc.property(anyText.map(storable), anyBound, (text, most) => {
      const cut = firstBytes(text, most);
      expect(text.startsWith(cut)).toBe(true);
      expect(isStorable(cut)).toBe(true);
      expect(utf8Bytes(cut)).toBeLessThanOrEqual(most);
      if (cut !== text) expect(utf8Bytes(cut)).toBeGreaterThan(most - 4);
    }),
  );
});

test('a line of whatever a program states is storable, has no line break and keeps its bound', () => {
  fc.assert(
    fc.property(anyText, fc.nat(5_000), anyBound, (text, times, most) => {
      const line = boundedLine(text + 'x\n\ud83d'.repeat(times), most);
      expect(isStorable(line)).toBe(true);
      expect(line).not.toMatch(/[\n\r\u0007]/);
      expect(utf8Bytes(line)).toBeLessThanOrEqual(most);
    }),
  );
});

test('a text of a person is taken, or refused by the name of its field', () => {
  expect(givenText('"reason"', ' too\0 dark ', 20)).toEqual({ text: 'too dark' });
  expect(givenText('"reason"', '\0 ', 20)).toEqual({ refusal: '"reason" is empty' });
  expect(givenText('"reason"', '狐'.repeat(7), 20)).toEqual({
    refusal: '"reason" is 21 bytes long; at most 20 are allowed',
  });
  expect(givenText('"reason"', { toString: null }, 20)).toEqual({ refusal: '"reason" must be a text' });
});

test('a failure is small and storable, whoever has worded it', () => {
  fc.assert(
    fc.property(anyText, fc.oneof(fc.anything(), fc.array(anyText, { maxLength: 100 })), (text, issues) => {
      const error = boundedError({ type: text, message: text.repeat(50), retryable: false, issues });
      expect(Buffer.byteLength(JSON.stringify(error))).toBeLessThan(16_000);
      expect([error.type, error.message, ...(error.issues ?? [])].every(isStorable)).toBe(true);
    }),
  );
});

test.each([
  ['RUNNING', true],
  ['PAUSED', true],
  ['CONTINUED_AS_NEW', true],
  ['SOMETHING_NEW', true],
  ['COMPLETED', false],
  ['CANCELLED', false],
  ['FAILED', false],
  ['TERMINATED', false],
  ['TIMED_OUT', false],
])('a workflow that is %s is open: %s', (status, open) => expect(isOpen(status)).toBe(open));

test('nothing marks, links or ends anything in Markdown', () => {
  expect(plainInMarkdown('`rm` **b** [x](http://y) <b> | # a_b _c_\n\n```')).toBe(
    '\\`rm\\` \\*\\*b\\*\\* \\[x\\](http://y) \\<b\\> \\| \\# a_b \\_c\\_ \\`\\`\\`',
  );
});
