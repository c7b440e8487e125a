import fc from 'fast-check';
import { ChatAnswer } from '../../src/providers/chat-answer';
import { ChatBody } from '../../src/providers/chat-body';
import type { TextChunk } from '../../src/providers';

/** What a viewer holds at the end of a body that comes in these reads, and its last words on its end. */
function read(...reads: readonly (string | Buffer)[]) {
  const chunks: TextChunk[] = [];
  const body = new ChatBody(new ChatAnswer((chunk) => void chunks.push(chunk)), 1_000_000);
  for (const each of reads) body.push(Buffer.from(each as string));
  body.end();
  let text = '';
  for (const chunk of chunks) {
    if (chunk.type === 'text') text += chunk.text;
    if (chunk.type === 'retract') text = '';
  }
  const usage = Object.assign({}, ...chunks.filter(({ type }) => type === 'usage')) as object;
  return { text, usage, end: chunks.flatMap((chunk) => (chunk.type === 'finish' ? [chunk.reason] : [])).at(-1) };
}

const choice = (fields: object, index = 0) => `data: ${JSON.stringify({ choices: [{ index, ...fields }] })}\n\n`;
const piece = (content: string, end: string | null = null) => choice({ delta: { content }, finish_reason: end });
const DONE = 'data: [DONE]\n\n';

describe('A text that a server sends', () => {
  const pieces = ['A fox ', 'in the ', 'deep, deep ', 'snow.'];
  const whole = pieces.join('');

  test.each<[how: string, last: string]>([
    ['with its finish reason', piece(whole, 'stop')],
    ['before its finish reason', piece(whole) + choice({ delta: {}, finish_reason: 'stop' })],
    ['behind its finish reason', choice({ delta: {}, finish_reason: 'stop' }) + piece(whole)],
    ['as a message too', choice({ delta: { content: whole }, message: { content: whole }, finish_reason: 'stop' })],
  ])('once more as a whole %s is there once', (_, last) => {
    expect(read(...pieces.map((each) => piece(each)), last, DONE)).toMatchObject({ text: whole, end: 'stop' });
  });

  test('as a whole so far with every piece is there once', () => {
    const soFar = pieces.map((_, i) => pieces.slice(0, i + 1).join(''));
    expect(read(...soFar.map((each) => piece(each)), choice({ delta: {}, finish_reason: 'stop' }))).toMatchObject({
      text: whole,
      end: 'stop',
    });
    // Character by character, with the last piece again beside the end.
    const letters = [...whole].map((_, i) => piece(whole.slice(0, i + 1)));
    expect(read(...letters, piece(whole, 'stop'))).toMatchObject({ text: whole, end: 'stop' });
  });

  test('may repeat words itself', () => {
    const chant = [
      'Row, ',
      'row, ',
      'row ',
      'your boat. ',
      'Row, ',
      'row, ',
      'row ',
      'your boat. ',
      'ha',
      'ha',
      'haha',
    ];
    expect(read(...chant.map((each) => piece(each)), piece('.', 'stop')).text).toBe(`${chant.join('')}.`);
    expect(read(piece('1'), piece('11'), piece('2', 'stop')).text).toBe('1112');
    expect(read(piece('No'), piece('No', 'stop')).text).toBe('NoNo');
    const refrain = 'Row, row, row your boat.\n';
    expect(read(piece(refrain), piece(refrain), piece('Gently', 'stop')).text).toBe(`${refrain}${refrain}Gently`);
  });

  test('in short pieces is whole, however they repeat each other and wherever a finish reason stands', () => {
    const short = fc.record({ content: fc.stringMatching(/^(a|ha|雨| ){0,9}$/u), end: fc.constantFrom(null, 'stop') });
    fc.assert(
      fc.property(fc.array(short, { maxLength: 30 }), (all) => {
        const text = all.map(({ content }) => content).join('');
        // A text so far of 20 characters may come in pieces of less: then they are no longer short.
        fc.pre(all.every(({ content }) => content.length < 20));
        expect(read(...all.map(({ content, end }) => piece(content, end)), piece('.', 'stop'), DONE).text).toBe(
          `${text}.`,
        );
      }),
    );
  });

  test('so far with every piece is there once, whatever it is and however it grows', () => {
    const growing = fc.array(fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }), {
      minLength: 3,
      maxLength: 20,
    });
    fc.assert(
      fc.property(growing, (parts) => {
        const soFar = parts.map((_, i) => parts.slice(0, i + 1).join(''));
        const text = parts.join('');
        fc.pre(text.length >= 20 && soFar.every((each) => each.trim() === each));
        expect(read(...soFar.map((each) => piece(each)), choice({ delta: {}, finish_reason: 'stop' })).text).toBe(text);
      }),
    );
  });

  test('beside another choice is the first choice alone', () => {
    const at = (index: number, content: string, end: string | null = null) =>
      choice({ delta: { content }, finish_reason: end }, index);
    expect(read(at(0, 'A fox'), at(1, 'A bear'), at(1, '!', 'length'), at(0, '.', 'stop'), DONE)).toMatchObject({
      text: 'A fox.',
      end: 'stop',
    });
    // Some servers begin to count at one.
    expect(read(at(1, 'A fox'), at(1, '.', 'stop'), DONE).text).toBe('A fox.');
    const both = {
      choices: [
        { index: 1, delta: { content: 'B' } },
        { index: 0, delta: { content: 'A' } },
      ],
    };
    expect(read(`data: ${JSON.stringify(both)}\n\n`, at(0, '.', 'stop'), at(1, '?', 'stop')).text).toBe('A.');
  });

  test('in pieces that are counted as choices is whole, and another choice is still none of it', () => {
    const at = (index: number, content: string, end: string | null = null) =>
      choice({ delta: { content }, finish_reason: end }, index);
    const words = fc.array(fc.stringMatching(/^[a-z雨 ]{1,4}$/u), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(words, fc.nat(2), fc.constantFrom('', DONE), (each, from, mark) => {
        const all = each.map((word, i) => at(from + i, word));
        expect(read(...all, at(from + each.length, '.', 'stop'), mark)).toMatchObject({
          text: `${each.join('')}.`,
          end: 'stop',
        });
      }),
      { numRuns: 50 },
    );
    expect(read(at(0, 'A fox'), at(1, 'A bear'), at(2, 'An owl'), at(0, '.', 'stop'), at(1, '!'), DONE).text).toBe(
      'A fox.',
    );
    expect(read(at(0, 'A fox.', 'stop'), at(1, 'A bear.', 'stop'), DONE).text).toBe('A fox.');
  });

  test('has the tokens of its thoughts counted, also if only the total has them', () => {
    const usage = (numbers: object) => `data: ${JSON.stringify({ choices: [], usage: numbers })}\n\n`;
    const told = (numbers: object) => read(piece(whole, 'stop'), usage(numbers)).usage;
    expect(told({ prompt_tokens: 32, completion_tokens: 9, total_tokens: 135 })).toMatchObject({ outputTokens: 103 });
    expect(told({ prompt_tokens: 32, completion_tokens: 9, total_tokens: 41 })).toMatchObject({ outputTokens: 9 });
    expect(told({ prompt_tokens: 32, completion_tokens: 9, total_tokens: 0 })).toMatchObject({ outputTokens: 9 });
  });

  test('has the last usage that is reported, and not the zeros behind it', () => {
    const usage = (input: number, output: number) =>
      `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: input, completion_tokens: output } })}\n\n`;
    expect(read(usage(7, 0), piece(whole), usage(7, 9), piece('', 'stop'), usage(8, 11), usage(0, 0)).usage).toEqual({
      type: 'usage',
      inputTokens: 8,
      outputTokens: 11,
    });
  });

  test('whole is read behind any number of empty lines, and behind a mark that is cut', () => {
    const answer = Buffer.from(JSON.stringify({ choices: [{ message: { content: whole }, finish_reason: 'stop' }] }));
    expect(read(...Array.from({ length: 3_000 }, () => '\n'), answer)).toMatchObject({ text: whole, end: 'stop' });
    expect(read(Buffer.from([0xef]), Buffer.from([0xbb, 0xbf]), answer)).toMatchObject({ text: whole, end: 'stop' });
    expect(read(Buffer.from([0xef, 0xbb]), Buffer.from([0xbf]), piece(whole, 'stop')).text).toBe(whole);
    expect(read('\n'.repeat(3_000), piece(whole, 'stop')).text).toBe(whole);
  });

  test('is there once if its last piece comes again with the finish reason, or behind it', () => {
    const last = 'which nobody had seen before.';
    const text = `A fox, ${last}`;
    expect(read(piece('A fox, '), piece(last), piece(last, 'stop'), DONE)).toMatchObject({ text, end: 'stop' });
    expect(read(piece('A fox, '), piece(last, 'stop'), piece(last, 'stop'), DONE)).toMatchObject({ text, end: 'stop' });
    expect(read(piece(last), piece(last), piece('.', 'stop')).text).toBe(`${last}${last}.`);
  });

  test('ends before a second answer, which has another id', () => {
    const of = (id: string, content: string, end: string | null = null) =>
      `data: ${JSON.stringify({ id, choices: [{ index: 0, delta: { content }, finish_reason: end }] })}\n\n`;
    const other = of('b', 'A bear.') + of('b', '', 'stop');
    expect(read(of('a', 'A '), of('a', 'fox.', 'stop'), other, DONE)).toMatchObject({ text: 'A fox.', end: 'stop' });
    // A server that gives each piece an id of its own has one answer.
    expect(read(of('1', 'A ', 'stop'), of('2', 'fox', 'stop'), of('3', '.', 'stop'), DONE).text).toBe('A fox.');
  });

  test('so far with every piece is there once, also if it is short', () => {
    const growing = fc.array(fc.stringMatching(/^[a-z雨]{1,4}$/u), { minLength: 3, maxLength: 4 });
    fc.assert(
      fc.property(growing, fc.boolean(), (parts, isTwice) => {
        // What repeats its first piece may be a laugh.
        fc.pre(!parts.join('').startsWith(parts[0]?.repeat(2) ?? ''));
        const soFar = parts.map((_, i) => piece(parts.slice(0, i + 1).join('')));
        const again = isTwice ? soFar.slice(0, -1).concat(piece(parts.join(''), 'stop')) : soFar;
        expect(read(...again, DONE).text).toBe(parts.join(''));
      }),
      { numRuns: 50 },
    );
    expect(read(piece('ha'), piece('haha'), piece('hahaha'), DONE).text).toBe('hahahahahaha');
  });

  test.each(['</s>', '<|im_end|>', '<|eot_id|>', '<|endoftext|>', '<end_of_turn>', '</answer>'])(
    'ends before the model’s own mark %s, wherever the stream is cut',
    (mark) => {
      for (let cut = 0; cut <= mark.length; cut += 1) {
        const cutUp = [piece('A < B, '), piece(`so.${mark.slice(0, cut)}`), piece(mark.slice(cut), 'stop')];
        expect(read(...cutUp, DONE)).toMatchObject({ text: 'A < B, so.', end: 'stop' });
      }
      expect(read(piece(`A ${mark} is written `), piece('on the wall.', 'stop')).text).toBe(
        `A ${mark} is written on the wall.`,
      );
      expect(read(piece('A '), piece(mark.slice(0, -1), 'stop')).text).toBe(`A ${mark.slice(0, -1)}`);
    },
  );

  test('has its tokens counted under any names, also in texts', () => {
    const told = (fields: object) =>
      read(piece(whole, 'stop'), `data: ${JSON.stringify({ choices: [], ...fields })}\n\n`);
    for (const fields of [
      { usage: { prompt_tokens: '32', completion_tokens: '9', total_tokens: '41' } },
      { usage: { promptTokens: 32, completionTokens: 9 } },
      { usageMetadata: { promptTokenCount: 32, candidatesTokenCount: 9, totalTokenCount: 41 } },
      { x_groq: { usage: { prompt_tokens: 32, completion_tokens: 9 } } },
    ]) {
      expect(told(fields).usage).toMatchObject({ inputTokens: 32, outputTokens: 9 });
    }
  });

  test('may have a number in it that lost its quotation marks', () => {
    const year = choice({ delta: { content: 1984 } });
    expect(read(piece('In '), year, piece(' it snowed.', 'stop')).text).toBe('In 1984 it snowed.');
  });
});
