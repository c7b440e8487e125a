import fc from 'fast-check';
import OpenAI from 'openai';
import { classify } from '../../src/activities/lanes/stage-failure';
import { withoutQuotesOf, wordsOf } from '../../src/activities/usage/provider-words';
import { ServerError } from '../../src/providers';

const PROMPT = `You write a story.

Topic: the secret plan of Mrs. O'Hara — "open the vault" at 3 o'clock; 打开银行金库的秘密计划,今晚三点`;

const python = (text: string) => `'${text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/'/g, "\\'")}'`;
const ascii = (text: string) =>
  JSON.stringify(text).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
const WAYS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'as JSON': (text) => JSON.stringify(text),
  'as JSON within JSON': (text) => JSON.stringify(JSON.stringify(text)),
  'as JSON in ASCII': ascii,
  'as Python writes it': python,
  'as in a URL': (text) => encodeURIComponent(text),
  'in one line': (text) => text.replace(/\s+/g, ' '),
  'in capitals': (text) => text.toUpperCase(),
};

describe("A provider's words", () => {
  test.each(Object.keys(WAYS))('are kept without what they quote of the prompt: %s', (way) => {
    const quote = WAYS[way]?.(PROMPT) ?? '';
    const words = wordsOf(`Invalid input: {'content': ${quote}} is refused.`, [PROMPT]);
    expect(words).toMatch(/^Invalid input: .*\[…\].* is refused\.$/s);
    for (const part of ['secret', 'SECRET', 'Hara', 'vault', 'VAULT', '银行', '%E9%93', 'u94f6']) {
      expect(words).not.toContain(part);
    }
  });

  test('are kept without any part of 20 letters or more of any prompt, wherever it is cut', () => {
    const said = fc.string({
      unit: fc.constantFrom(...'abcdefghij klmnopqr, éü漢字仮名'),
      minLength: 40,
      maxLength: 200,
    });
    fc.assert(
      fc.property(said, fc.nat({ max: 150 }), fc.constantFrom(...Object.keys(WAYS)), (prompt, from, way) => {
        const part = prompt.slice(from, from + 60);
        const letters = part.replace(/[^\p{L}\p{N}]/gu, '');
        fc.pre(letters.length >= 20);
        const words = wordsOf(`#: ${WAYS[way]?.(part)}!`, [prompt]);
        expect(words).not.toContain(letters.slice(0, 20));
        expect(words).toMatch(/^#: .{0,8}\[(…|hidden)\]/s);
      }),
    );
  });

  test('are kept whole where they quote nothing', () => {
    const said = "This model's maximum context length is 4096 tokens, however you requested 5000 tokens.";
    expect(wordsOf(said, [PROMPT])).toBe(said);
  });

  test('leave a refused request without the body that quoted it', () => {
    const body = { message: `bad request: ${PROMPT}` };
    const error = new OpenAI.BadRequestError(400, body, undefined, new Headers());
    expect(() => withoutQuotesOf(PROMPT)(error)).toThrow(error);
    expect(JSON.stringify(error)).not.toContain('vault');
    expect(classify(error)).toMatchObject({ type: 'Provider.BadRequest' });
    expect(classify(error).message).not.toContain('vault');
  });

  test('of an error in mid-stream are kept likewise', () => {
    const error = new ServerError(`overloaded while at "${PROMPT}"`);
    expect(() => withoutQuotesOf(PROMPT)(error)).toThrow('overloaded while at');
    expect(error.message).not.toContain('vault');
  });
});
