import fc from 'fast-check';
import { UnusableOutput } from '../../src/stages';
import { readJson } from '../../src/stages/read-json';

describe("Reading the JSON in a model's answer", () => {
  test.each<[what: string, answer: string]>([
    ['plain', '{"a":[1,2]}'],
    ['with white space around', '\n\n {"a":[1,2]} \n'],
    ['in a code fence', '```json\n{"a":[1,2]}\n```'],
    ['in a code fence without a language', '```\n{"a":[1,2]}\n```'],
    ['in a code fence after leading prose with braces', 'Here is {the} board:\n```json\n{"a":[1,2]}\n```\nEnjoy {it}!'],
    ['after leading prose', 'Sure! Here is your JSON: {"a":[1,2]}'],
    ['before trailing prose', '{"a":[1,2]}\n\nShall I go on?'],
    ['with trailing commas', '{"a":[1,2,],}'],
    ['with single quotes', "{'a':[1,2]}"],
    ['with comments', '{"a":[1, // one\n2]}'],
    ['with names that are not quoted', '{a:[1,2]}'],
    ['in a fence and with trailing commas', '```json\n{"a":[1,2,],}\n```'],
  ])('%s', (_what, answer) => {
    expect(readJson(answer)).toEqual({ a: [1, 2] });
  });

  test.each([
    ['is empty', ''],
    ['is prose', 'I am sorry, I cannot do that.'],
    ['has only a closing brace', 'a } b'],
  ])('an answer that %s cannot be used', (_what, answer) => {
    expect(() => readJson(answer)).toThrow(UnusableOutput);
  });

  test.each([
    ['in the middle of a text', '{"a":[{"b":1},{"b":2},{"b":"thr'],
    ['in the middle of a list', '{"a":[{"b":1},{"b":2},'],
  ])('an answer that stops %s is not taken for a shorter one', (_what, answer) => {
    expect(() => readJson(answer)).toThrow(UnusableOutput);
  });

  test('what is wrong is stated without quoting the answer', () => {
    for (const answer of ['{"a": lighthouse keeper }', 'lighthouse', '{"lighthouse" "keeper"}', '{lighthouse: [}']) {
      try {
        readJson(answer);
      } catch (error) {
        expect((error as Error).message).not.toContain('lighthouse');
      }
    }
  });

  test('any object is read back from a fence, from prose, and from both', () => {
    const noise = fc.string({ unit: fc.constantFrom('a', ' ', '.', ',', ':', '\n', '雨', '🎬', '-', '1') });
    fc.assert(
      fc.property(fc.jsonValue(), noise, noise, fc.boolean(), fc.boolean(), (value, before, after, fenced, wide) => {
        const json = JSON.stringify({ value }, null, wide ? 2 : 0);
        const answer = fenced ? `${before}\n\`\`\`json\n${json}\n\`\`\`\n${after}` : `${before}${json}${after}`;
        expect(JSON.stringify(readJson(answer))).toBe(JSON.stringify({ value }));
      }),
      { numRuns: 500 },
    );
  });
});
