import fc from 'fast-check';
import { ChatAnswer } from '../../src/providers/chat-answer';
import { ChatBody } from '../../src/providers/chat-body';
import { ServerError, type TextChunk } from '../../src/providers';

/** The chunks of a body that comes in these reads, and how long more is waited for after each of them. */
function read(...reads: readonly (string | Buffer)[]) {
  const chunks: TextChunk[] = [];
  const body = new ChatBody(new ChatAnswer((chunk) => void chunks.push(chunk)), 1_000_000);
  const patience = reads.map((each) => body.push(Buffer.from(each as string)));
  body.end();
  return { chunks, patience, text: chunks.map((chunk) => (chunk.type === 'text' ? chunk.text : '')).join('') };
}

const event = (content: string, end: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ delta: { content }, finish_reason: end }] })}\n\n`;
const END = 'data: [DONE]\n\n';
const GARBAGE = ['data: oops', 'data: {"half', 'data: {"error":{"message":"x"}}\n\n', '<html>', '{', '\0\0', ': bye\n'];

describe('The end of an answer', () => {
  test.each(GARBAGE)('is the end mark, whatever comes behind it: %j', (garbage) => {
    expect(read(event('A fox.', 'stop') + END + garbage).text).toBe('A fox.');
    expect(read(event('A fox.', 'stop') + END, garbage).text).toBe('A fox.');
  });

  test('is its finish reason, also if what comes behind it cannot be read', () => {
    expect(read(event('A fox.', 'stop') + 'data: {"usage":\n\n').chunks).toContainEqual({
      type: 'finish',
      reason: 'stop',
    });
    expect(
      read(`${JSON.stringify({ choices: [{ message: { content: 'A fox.' }, finish_reason: 'stop' }] })}\noops`),
    ).toMatchObject({ text: 'A fox.' });
  });

  test.each(['data: {"error":{"message":"x"}}', 'event: error\ndata: x', 'error: {"message":"x"}'])(
    'is its finish reason, also if an error comes behind it: %j',
    (error) => {
      expect(read(event('A fox.', 'stop'), `${error}\n\n`)).toMatchObject({ text: 'A fox.' });
      expect(() => read(event('A fox.'), `${error}\n\n`)).toThrow('x');
    },
  );

  test('is not its finish reason where the server gives one with every piece', () => {
    const { chunks, patience, text } = read(event('A ', 'stop'), event('fox', 'STOP'), event('.', 'stop'));
    expect(text).toBe('A fox.');
    // After the first piece the end was believed; now only the end of the body is.
    expect(patience).toEqual([expect.any(Number), undefined, undefined]);
    expect(chunks.at(-1)).toEqual({ type: 'finish', reason: 'unstated' });
  });

  test('is not believed soon if it comes with the first piece, because the next may be slow', () => {
    const [early = 0] = read(event('A ', 'stop')).patience;
    const [, late = 0] = read(event('A '), event('fox.', 'stop')).patience;
    expect(early).toBeGreaterThan(10_000);
    expect(late).toBeLessThan(2_000);
  });

  test('may have details behind its word', () => {
    expect(read(event('A ', 'content_filter: RECITATION')).chunks).toContainEqual({
      type: 'finish',
      reason: 'filtered',
    });
    expect(() => read(event('A ', 'function_call_filter: MALFORMED'))).toThrow('MALFORMED');
  });

  test('is the same for events with and without blank lines between them, wherever the network cuts them', () => {
    const content = fc.string({
      unit: fc.constantFrom('}', '{', '"', '\n', 'data: ', '[DONE]', '雨', 'a'),
      maxLength: 3,
    });
    const part = fc.record({ content, gap: fc.constantFrom('\n', '\n\n', '\r\n', '\r', '\n: ping\n') });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.nat(), (parts, at) => {
        const stream = parts.map((each) => event(each.content).trimEnd() + each.gap).join('');
        const bytes = Buffer.from(`${stream}${event('.', 'stop')}${END}`);
        const cut = at % bytes.length;
        const text = `${parts.map((each) => each.content).join('')}.`;
        expect(read(bytes.subarray(0, cut), bytes.subarray(cut)).text).toBe(text);
      }),
    );
  });

  test('is an error that a gateway writes into the stream as bare JSON', () => {
    expect(() => read(event('A '), '{"error":{"message":"the relay is lost"}}\n')).toThrow('the relay is lost');
    expect(read(event('{"a": "data: {}"}\n{"b"}', 'stop') + END).text).toBe('{"a": "data: {}"}\n{"b"}');
  });

  test('is still its finish reason where only white space comes behind it', () => {
    expect(read(event('A fox.', 'stop'), event('\n')).chunks).toContainEqual({ type: 'finish', reason: 'stop' });
  });

  test('never comes too early, however the server ends its pieces and the network cuts them', () => {
    const piece = fc.record({ content: fc.stringMatching(/^[a-z雨é ]{0,5}$/u), end: fc.constantFrom(null, 'stop') });
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.constantFrom('', ...GARBAGE),
        fc.nat(),
        (pieces, garbage, at) => {
          const bytes = Buffer.from(
            pieces.map(({ content, end }) => event(content, end)).join('') + event('.', 'stop') + END + garbage,
          );
          const cut = at % bytes.length;
          expect(read(bytes.subarray(0, cut), bytes.subarray(cut)).text).toBe(
            `${pieces.map(({ content }) => content).join('')}.`,
          );
        },
      ),
    );
  });

  test('is an error where the server calls it one, in its words', () => {
    const words = (stream: string) => () => read(event('A ') + stream);
    expect(words('error: {"code":500,"message":"out of memory","type":"server_error"}\n\n')).toThrow('out of memory');
    expect(words('event: error\ndata: overloaded\n\n')).toThrow(new ServerError('overloaded'));
    expect(read(`data: {"error":{},"choices":[{"delta":{"content":"A fox."},"finish_reason":"stop"}]}\n\n`).text).toBe(
      'A fox.',
    );
  });

  test('comes once, whatever part of the text each message has', () => {
    const told = (...contents: string[]) =>
      read(
        ...contents.map((content) => `data: ${JSON.stringify({ choices: [{ message: { content } }] })}\n\n`),
        `data: ${JSON.stringify({ choices: [{ message: { content: '' }, finish_reason: 'stop' }] })}\n\n`,
      ).text;
    expect(told('A ', 'fox ', 'in the snow.')).toBe('A fox in the snow.');
    expect(told('A ', 'A fox ', 'A fox in the snow.')).toBe('A fox in the snow.');
    expect(told('A fox in the deep snow.', 'A fox in the deep snow.')).toBe('A fox in the deep snow.');
    expect(told('ha', 'ha', '!')).toBe('haha!');
    const whole = JSON.stringify({ choices: [{ message: { content: 'A fox.' }, finish_reason: 'stop' }] });
    expect(read(event('A '), event('fox.'), `data: ${whole}\n\n`).text).toBe('A fox.');
  });

  test('may have the usage within it', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2 };
    const last = JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop', usage }] });
    expect(read(`${event('A fox.')}data: ${last}\n\n${END}`).chunks).toContainEqual({
      type: 'usage',
      inputTokens: 3,
      outputTokens: 2,
    });
  });

  test('may follow the mark of the byte order', () => {
    const whole = JSON.stringify({ choices: [{ message: { content: 'A fox.' }, finish_reason: 'stop' }] });
    expect(read(`\ufeff${whole}`).text).toBe('A fox.');
  });
});
