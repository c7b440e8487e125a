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

  test.each<[reason: string, words: string]>([
    ['stop', 'STOP </s> <|im_end|> <|eot_id|> eos_token end_of_turn endOfText stop_token natural_stop finished DONE'],
    ['length', 'MAX_TOKENS maxTokens max_new_tokens model_length length_limit context_window_exceeded truncated'],
    ['filtered', 'contentFilter content-filter IMAGE_SAFETY sensitive_content USER_BLOCKED toxic MODEL_ARMOR risk'],
  ])('is %s in any service’s words', (reason, words) => {
    for (const word of words.split(' ')) {
      expect(read(event('A fox.'), event('', word)).chunks).toContainEqual({ type: 'finish', reason });
    }
  });

  test('is none where the server’s word tells of a fault, whatever else is in it', () => {
    const words =
      'error network_error stop_error abort timeout cancelled insufficient_system_resource server_error other unknown';
    for (const word of words.split(' ')) expect(() => read(event('A fox.'), event('', word))).toThrow(`“${word}”`);
  });

  test.each<[where: string, last: object]>([
    ['in the delta', { choices: [{ delta: { finish_reason: 'stop' } }] }],
    ['around the choices', { choices: [{ delta: {} }], finish_reason: 'stop' }],
    ['in its details', { choices: [{ delta: {}, finish_details: { type: 'stop' } }] }],
    ['as a type', { choices: [{ delta: {}, finish_reason: { type: 'stop' } }] }],
    ['as a flag', { choices: [{ delta: {} }], is_end: true }],
    ['as Ollama states it', { choices: [{ delta: {} }], done: true, done_reason: 'stop' }],
  ])('may stand %s', (_where, last) => {
    expect(read(event('A fox.'), `data: ${JSON.stringify(last)}\n\n`).chunks).toContainEqual({
      type: 'finish',
      reason: 'stop',
    });
  });

  test.each(['[done]', 'DONE', '"[DONE]"', 'data: [DONE]'])('may be marked by %s', (mark) => {
    expect(read(event('A fox.'), `data: ${mark}\n\n`).chunks.at(-1)).toEqual({ type: 'finish', reason: 'unstated' });
  });
});

describe('What comes between the pieces of an answer', () => {
  test.each(['ping', ': keep-alive', 'OPENROUTER PROCESSING', '2026-11-30T00:00:00Z'])('may be words: %s', (words) => {
    expect(read(`data: ${words}\n\n`, event('A '), `data: ${words}\n\n`, event('fox.', 'stop')).text).toBe('A fox.');
  });

  test.each([
    ['data: Error: the upstream timed out\n\n', 'Error: the upstream timed out'],
    ['data: [ERROR] the upstream timed out\n\n', 'the upstream timed out'],
    ['data: <html><head><title>502 Bad Gateway</title></head></html>\n\n', '502 Bad Gateway'],
  ])('states why it broke off, if nothing comes behind it: %s', (last, words) => {
    expect(() => read(event('A '), last)).toThrow(words);
    expect(read(event('A fox.', 'stop'), last).text).toBe('A fox.');
  });

  test('is no torn piece', () => {
    for (const torn of ['{"choices":[{"delta":{"con', 'tent":"A fox."}}]}', '"fox'])
      expect(() => read(event('A '), `data: ${torn}\n\n`, event('.', 'stop'))).toThrow(SyntaxError);
  });
});

describe('An answer in another wrapping', () => {
  const pieces = ['A fox ', 'in the snow.'].map((content) => ({ choices: [{ index: 0, delta: { content } }] }));
  const end = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
  const whole = { choices: [{ message: { content: 'A fox in the snow.' }, finish_reason: 'stop' }] };
  const lines = (values: readonly unknown[], separator = '\n') =>
    values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(separator);
  const events = (values: readonly unknown[]) =>
    lines(
      values.map((value) => `data: ${lines([value])}\n\n`),
      '',
    );
  const typed = (values: readonly ({ readonly type: string } & Readonly<Record<string, unknown>>)[]) =>
    lines(
      values.map((value) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`),
      '',
    );
  const words = [{ text: 'A fox ' }, { text: 'in the snow.' }];

  test.each<[how: string, body: string]>([
    ['choices by their numbers', events([...pieces, end].map(({ choices }) => ({ choices: { 0: choices[0] } })))],
    ['a text of JSON in a wrapper', JSON.stringify({ statusCode: 200, body: JSON.stringify(whole) })],
    ['a message behind some of its pieces', events([pieces[0], { choices: whole.choices }])],
    ['values with nothing between them', lines([...pieces, end], '')],
    ['values over lines', [...pieces, end].map((each) => JSON.stringify(each, null, 2)).join('\n')],
    ['events on one line', `${events([...pieces, end]).replaceAll('\n', '')}\n\n`],
    ['a line of JSON each, with an end mark', lines([...pieces, '[DONE]'])],
    ['a list', JSON.stringify([...pieces, end])],
    ['a list over lines', `[\n${lines([...pieces, end], ',\n')}\n]`],
    ['a list of one', JSON.stringify([whole])],
    ['a text of JSON', JSON.stringify(JSON.stringify(whole))],
    ['an event within an event', events([...pieces, end].map((each) => `data: ${JSON.stringify(each)}`))],
    ['a name beside each piece', events([...pieces, end].map((each) => JSON.stringify(['message', each])))],
    ['a wrapper', JSON.stringify({ code: 0, message: 'success', data: whole })],
    ['a wrapper of Cloudflare', JSON.stringify({ success: true, errors: [], result: whole })],
    ['a wrapper of DashScope', JSON.stringify({ output: whole, usage: {}, request_id: 'r' })],
    ['a wrapper of a batch', JSON.stringify({ status_code: 200, body: whole })],
    ['an object for the choices', events([...pieces, end].map(({ choices }) => ({ choices: choices[0] })))],
    ['a text for the delta', events([...words.map(({ text }) => ({ choices: [{ delta: text }] })), end])],
    ['another name of the content', events([...words.map((delta) => ({ choices: [{ delta }] })), end])],
    [
      'a message beside an empty delta',
      events([...words.map(({ text }) => ({ choices: [{ delta: {}, message: { content: text } }] })), end]),
    ],
    [
      'parts whose text has a value',
      events([
        ...words.map(({ text }) => ({ choices: [{ delta: { content: [{ type: 'text', text: { value: text } }] } }] })),
        end,
      ]),
    ],
    [
      'Anthropic’s events',
      typed([
        { type: 'message_start', message: { content: [], usage: { input_tokens: 3, output_tokens: 1 } } },
        { type: 'ping' },
        ...words.map((delta) => ({ type: 'content_block_delta', delta })),
        { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      ]),
    ],
    [
      'OpenAI’s Responses',
      typed([
        ...words.map(({ text }) => ({ type: 'response.output_text.delta', delta: text })),
        { type: 'response.output_text.done', text: 'A fox in the snow.' },
        { type: 'response.completed', response: { status: 'completed', output: [] } },
      ]),
    ],
    [
      'a whole response',
      JSON.stringify({
        object: 'response',
        status: 'completed',
        output: [
          { type: 'reasoning' },
          { type: 'message', content: words.map((each) => ({ type: 'output_text', ...each })) },
        ],
      }),
    ],
    [
      'Gemini’s candidates',
      events([
        { candidates: [{ content: { parts: [{ text: 'hm', thought: true }, words[0]] } }] },
        { candidates: [{ content: { parts: [words[1]] }, finishReason: 'STOP' }] },
      ]),
    ],
    [
      'Ollama’s lines',
      lines([
        ...words.map(({ text }) => ({ message: { content: text }, done: false })),
        { message: { content: '' }, done: true, done_reason: 'stop' },
      ]),
    ],
    ['Cloudflare’s responses', events([...words.map(({ text }) => ({ response: text })), '[DONE]'])],
  ])('is read: %s', (_how, body) => {
    expect(read(body)).toMatchObject({ text: 'A fox in the snow.' });
    expect(read(body).chunks.filter(({ type }) => type === 'finish')).toHaveLength(1);
  });

  test('that is none states the server’s words', () => {
    expect(() => read('Ollama is running')).toThrow('Ollama is running');
    expect(() => read(JSON.stringify({ status: 'error', message: 'the model is loading' }))).toThrow('is loading');
    expect(() => read(events([{ message: 'Unauthorized' }]))).toThrow('Unauthorized');
    expect(() => read('<!-- cached -->\n<html><title>Log in</title></html>')).toThrow('Log in');
    // What is longer may be the model's text, which is quoted nowhere.
    expect(() => read('Once there was a fox. '.repeat(20))).toThrow('what is no stream');
  });
});
