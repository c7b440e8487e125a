import type { TextChunk } from '../../src/providers';
import { ChatAnswer } from '../../src/providers/chat-answer';
import { ChatBody } from '../../src/providers/chat-body';

const TEXT = 'A fox ran in the deep snow.';
const [half, rest] = [TEXT.slice(0, 9), TEXT.slice(9)];

function read(body: string | Buffer, mediaType?: string) {
  const chunks: TextChunk[] = [];
  const reader = new ChatBody(new ChatAnswer((chunk) => void chunks.push(chunk)), 1_000_000, mediaType);
  reader.push(Buffer.from(body as string));
  reader.end();
  const ends = chunks.flatMap((chunk) => (chunk.type === 'finish' ? [chunk.reason] : []));
  return { chunks, ends, text: chunks.map((chunk) => (chunk.type === 'text' ? chunk.text : '')).join('') };
}

/** As `read`, of an answer that may fail. */
function readOr(body: Buffer) {
  try {
    return read(body);
  } catch {
    return { text: '', ends: [] };
  }
}

const events = (...values: readonly object[]) => values.map((value) => `data: ${JSON.stringify(value)}\n\n`);
const lines = (...values: readonly object[]) => values.map((value) => `${JSON.stringify(value)}\n`);
const named = (...values: readonly (readonly [string, string])[]) =>
  values.map(([event, data]) => `event: ${event}\ndata: ${data}\n\n`);
const delta = (type: string, value: unknown) => ({ type, delta: value });
const cohere = (content: object) => delta('content-delta', { message: { content } });
const coze = (content: string) => JSON.stringify({ role: 'assistant', type: 'answer', content });
const outputOf = (piece: string) => ['output', piece.split('\n').join('\ndata: ')] as const;
const DONE = 'data: [DONE]\n\n';

/** What a service streams; without its last piece, such an answer is cut. */
const FORMS: readonly (readonly [who: string, pieces: readonly string[], end: 'stop' | 'unstated'])[] = [
  [
    'Cohere',
    events(
      { type: 'message-start', id: 'x', delta: { message: { role: 'assistant', content: [] } } },
      cohere({ thinking: 'They want a fox.' }),
      cohere({ text: half }),
      cohere({ text: rest }),
      delta('message-end', { finish_reason: 'COMPLETE', usage: { tokens: { input_tokens: 7, output_tokens: 9 } } }),
    ),
    'stop',
  ],
  [
    'Cohere, in its first version',
    lines(
      { event_type: 'stream-start', is_finished: false },
      { event_type: 'text-generation', text: half },
      { event_type: 'text-generation', text: rest },
      { event_type: 'stream-end', finish_reason: 'COMPLETE', response: { text: TEXT } },
    ),
    'stop',
  ],
  [
    'Baidu',
    events({ id: 'a', result: half, is_end: false }, { id: 'a', result: rest, is_end: true, is_truncated: false }),
    'stop',
  ],
  [
    'Vercel’s data stream',
    [
      'f:{"messageId":"m"}\n',
      'g:"They want a fox."\n',
      `0:${JSON.stringify(half)}\n`,
      `0:${JSON.stringify(rest)}\n`,
      'd:{"finishReason":"stop","usage":{"promptTokens":7,"completionTokens":9}}\n',
    ],
    'stop',
  ],
  [
    'Vercel’s messages',
    events(
      { type: 'start-step' },
      delta('reasoning-delta', 'They want a fox.'),
      delta('text-delta', half),
      delta('text-delta', rest),
      { type: 'finish' },
    ),
    'unstated',
  ],
  [
    'Text Generation Inference',
    events(
      { token: { text: half, special: false }, generated_text: null },
      { token: { text: rest, special: false }, generated_text: null },
      { token: { text: '</s>', special: true }, generated_text: TEXT, details: { finish_reason: 'eos_token' } },
    ),
    'stop',
  ],
  ['Replicate', named(['output', half], ['output', rest], ['done', '{}']), 'unstated'],
  [
    'llama.cpp',
    events(
      { content: half, stop: false },
      { content: rest, stop: false },
      { content: '', stop: true, stop_type: 'eos', tokens_evaluated: 7, tokens_predicted: 9 },
    ),
    'stop',
  ],
  [
    'LM Studio',
    events({ type: 'message.delta', content: half }, { type: 'message.delta', content: rest }, { type: 'chat.end' }),
    'unstated',
  ],
  [
    'Gemini’s interactions',
    events(
      { event_type: 'step.delta', delta: { type: 'thought_summary', content: { text: 'They want a fox.' } } },
      { event_type: 'step.delta', delta: { type: 'text', text: half } },
      { event_type: 'step.delta', delta: { type: 'text', text: rest } },
      { event_type: 'interaction.completed', interaction: { status: 'completed' } },
    ),
    'stop',
  ],
  [
    'OpenAI’s assistants',
    named(
      ...[half, rest].map((value) => {
        const content = [{ type: 'text', text: { value } }];
        return ['thread.message.delta', JSON.stringify({ delta: { content } })] as const;
      }),
      ['thread.run.completed', '{"status":"completed"}'],
    ),
    'stop',
  ],
  [
    'Amazon Bedrock, in JSON',
    events(
      { contentBlockDelta: { delta: { reasoningContent: { text: 'They want a fox.' } } } },
      { contentBlockDelta: { delta: { text: half } } },
      { contentBlockDelta: { delta: { text: rest } } },
      { messageStop: { stopReason: 'end_turn' } },
    ),
    'stop',
  ],
  [
    'Llama at Amazon Bedrock',
    lines({ generation: half, stop_reason: null }, { generation: rest, stop_reason: 'stop' }),
    'stop',
  ],
  [
    'watsonx',
    events(
      { results: [{ generated_text: half, stop_reason: 'not_finished' }] },
      { results: [{ generated_text: rest, stop_reason: 'eos_token' }] },
    ),
    'stop',
  ],
  [
    'Hunyuan',
    events(
      { Choices: [{ Delta: { Content: half }, FinishReason: '' }] },
      { Choices: [{ Delta: { Content: rest }, FinishReason: 'stop' }] },
    ),
    'stop',
  ],
  [
    'DashScope',
    events(
      { output: { text: half, finish_reason: 'null' } },
      { output: { text: rest, finish_reason: 'stop' }, usage: { input_tokens: 7, output_tokens: 9 } },
    ),
    'stop',
  ],
  [
    'Dify',
    events(
      { event: 'workflow_started', task_id: 't' },
      { event: 'message', task_id: 't', conversation_id: 'c', answer: half },
      { event: 'message', task_id: 't', conversation_id: 'c', answer: rest },
      { event: 'message_end', task_id: 't', conversation_id: 'c' },
    ),
    'unstated',
  ],
  [
    'Coze',
    named(
      ['conversation.message.delta', coze(half)],
      ['conversation.message.delta', coze(rest)],
      ['conversation.message.completed', coze(TEXT)],
      ['conversation.message.completed', '{"role":"assistant","type":"verbose","content":"{}"}'],
      ['conversation.message.completed', '{"role":"assistant","type":"follow_up","content":"And then?"}'],
      ['conversation.chat.completed', '{"id":"c"}'],
    ),
    'unstated',
  ],
];

describe('A stream in the form of another service', () => {
  test.each(FORMS)('is read: %s', (_who, pieces, end) => {
    expect(read(pieces.join(''))).toMatchObject({ text: TEXT, ends: [end] });
    const thoughts = read(pieces.join('')).chunks.filter(({ type }) => type === 'thought');
    expect(thoughts.every((chunk) => 'text' in chunk && chunk.text === 'They want a fox.')).toBe(true);
  });

  test.each(FORMS)('is cut if its end does not come: %s', (_who, pieces) => {
    expect(read(pieces.slice(0, -1).join('')).ends).toEqual([]);
    // What begins a known form is no unknown one.
    expect(() => read(pieces[0] ?? '')).not.toThrow('is not known');
  });

  test.each(FORMS)('is never whole before its end, wherever it breaks off: %s', (_who, pieces) => {
    const bytes = Buffer.from(pieces.join(''));
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const { text, ends } = readOr(bytes.subarray(0, cut));
      expect(TEXT.startsWith(text)).toBe(true);
      if (ends.length > 0) expect(text).toBe(TEXT);
    }
  });

  test.each<[who: string, words: string, pieces: readonly string[]]>([
    ['Cohere', 'ERROR', events(cohere({ text: half }), delta('message-end', { finish_reason: 'ERROR' }))],
    ['Vercel', 'abort', [...events(delta('text-delta', half), { type: 'abort' }), DONE]],
    ['Vercel', 'busy', events(delta('text-delta', half), { type: 'error', errorText: 'busy' })],
    ['Vercel', 'busy', [`0:${JSON.stringify(half)}\n`, '3:"busy"\n']],
    ['Replicate', 'canceled', named(['output', half], ['done', '{"reason":"canceled"}'])],
    ['OpenAI', 'slow', events({ type: 'response.failed', response: { error: { code: 'x', message: 'slow' } } })],
    ['Dify', 'busy', events({ event: 'error', task_id: 't', status: 400, code: 'x', message: 'busy' })],
    ['Baidu', 'busy', events({ id: 'a', error_code: 336100, error_msg: 'busy' })],
    ['Hunyuan', 'busy', lines({ Response: { Error: { Code: 'LimitExceeded', Message: 'busy' }, RequestId: 'r' } })],
  ])('may fail, as that of %s: %s', (_who, words, pieces) => {
    expect(() => read(pieces.join(''))).toThrow(words);
  });

  test.each<[who: string, body: string]>([
    ['Replicate', named(...['I', ' ', 'am', '\n', 'done', '.'].map(outputOf), ['done', '{}']).join('')],
    ['Vercel', ['I ', 'am\n', 'done', '.'].map((piece) => `0:${JSON.stringify(piece)}\n`).join('')],
  ])('has the white space of its text, and words that are end marks elsewhere: %s', (_who, body) => {
    expect(read(body).text).toBe('I am\ndone.');
  });

  test('is read once if the service repeats a short text behind its pieces', () => {
    const content = [{ type: 'text', text: { value: 'The end.' } }];
    const pieces = [
      ['thread.message.delta', JSON.stringify({ delta: { content } })],
      ['thread.message.completed', JSON.stringify({ role: 'assistant', content })],
      ['thread.run.completed', '{}'],
    ] as const;
    expect(read(named(...pieces).join(''))).toMatchObject({ text: 'The end.', ends: ['stop'] });
  });

  test('may be cut at its longest or filtered', () => {
    const last = (value: object) => read(events(value).join('')).ends;
    expect(last({ result: half, is_end: true, is_truncated: true })).toEqual(['length']);
    expect(last({ content: half, stop: true, stopped_limit: true })).toEqual(['length']);
    const incomplete = (reason: string) => ({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason } },
    });
    expect(last(incomplete('content_filter'))).toEqual(['filtered']);
    expect(last(incomplete('max_output_tokens'))).toEqual(['length']);
    expect(last({ event: 'message_replace', conversation_id: 'c', answer: 'No.' })).toEqual(['filtered']);
  });

  test.each<[who: string, body: object]>([
    ['Cohere', { id: 'x', message: { content: [{ type: 'text', text: TEXT }] }, finish_reason: 'COMPLETE' }],
    ['Cohere, in its first version', { text: TEXT, generation_id: 'g', finish_reason: 'COMPLETE' }],
    ['Baidu', { id: 'a', object: 'chat.completion', result: TEXT, is_truncated: false }],
    ['Text Generation Inference', [{ generated_text: TEXT }]],
    ['llama.cpp', { content: TEXT, stop: true, stop_type: 'eos' }],
    ['Amazon Bedrock', { output: { message: { content: [{ text: TEXT }] } }, stopReason: 'end_turn' }],
    ['a message alone', { role: 'assistant', content: TEXT }],
    ['Replicate', { id: 'p', status: 'succeeded', output: [half, rest] }],
    ['Titan', { results: [{ outputText: TEXT, completionReason: 'FINISH' }] }],
    ['Hunyuan', { Response: { Choices: [{ Message: { Content: TEXT }, FinishReason: 'stop' }] } }],
  ])('may be whole: %s', (_who, body) => {
    const { text, ends } = read(JSON.stringify(body));
    expect(text).toBe(TEXT);
    expect(ends).toHaveLength(1);
  });

  test('is cut between two lines, also if a sentence ends there', () => {
    const piece = { message: { content: TEXT }, done: false };
    expect(read(lines(piece, piece).join(''))).toMatchObject({ text: TEXT + TEXT, ends: [] });
    expect(read(lines(piece).join(''))).toMatchObject({ text: TEXT, ends: [] });
    expect(read(lines({ choices: [{ delta: { content: TEXT } }] }).join('')).ends).toEqual([]);
  });

  test('is cut between two values, and torn within one', () => {
    const piece = JSON.stringify({ choices: [{ delta: { content: 'a } {"b"} ' } }] });
    expect(read(piece + piece)).toMatchObject({ text: 'a } {"b"} a } {"b"} ', ends: [] });
    expect(() => read(piece + piece.slice(0, -4))).toThrow(SyntaxError);
  });

  test.each(['{"a":1}', '{"a":"', '{"a":"\\"', '}{', ' ', 'data: '])(
    'is read in a moment, however long it is and whatever it repeats: %p',
    (pump) => {
      const body = `{"choices":[]}${pump.repeat(300_000 / pump.length)}x`;
      expect(() => read(body)).toThrow(Error);
      expect(() => read(`data: ${body}\n\n`)).toThrow(Error);
    },
  );

  test('has its tokens counted', () => {
    const counted = { type: 'usage', inputTokens: 7, outputTokens: 9 };
    for (const who of ['Cohere', 'Vercel’s data stream', 'llama.cpp', 'DashScope']) {
      const [, pieces = []] = FORMS.find(([name]) => name === who) ?? [];
      expect(read(pieces.join('')).chunks).toContainEqual(counted);
    }
    const ollama = { message: { content: TEXT }, done: true, prompt_eval_count: 7, eval_count: 9 };
    expect(read(JSON.stringify(ollama)).chunks).toContainEqual(counted);
  });
});

describe('An answer in a form that nobody knows', () => {
  const unknown = (body: string | Buffer, mediaType?: string) => {
    try {
      read(body, mediaType);
    } catch (error) {
      return error as { readonly type: string; readonly message: string };
    }
    throw new Error('it was read');
  };

  test.each<[what: string, body: string, shown: string]>([
    [
      'events',
      events({ kind: 'chunk', payload: { words: TEXT } }).join(''),
      '{"kind":"chunk","payload":{"words":"…"}}',
    ],
    ['a whole one', JSON.stringify({ id: 'job-1', status: 'queued' }), '{"id":"job-1","status":"queued"}'],
    ['a text of JSON', JSON.stringify(TEXT), '"…"'],
    [
      'another name of the content',
      events({ choices: [{ delta: { words: TEXT }, finish_reason: 'stop' }] }).join(''),
      '{"delta":{"words":"…"}',
    ],
    [
      'another name of the message',
      JSON.stringify({ choices: [{ reply: TEXT, finish_reason: 'stop' }] }),
      '{"reply":"…"',
    ],
    [
      'events with names, before an end',
      named(['text', JSON.stringify({ text: TEXT })], ['done', '{}']).join(''),
      '{"text":"…"}',
    ],
    ['events with names', named(['token', TEXT]).join(''), '{"event":"token","data":"…"}'],
    ['a text alone', `${TEXT} `.repeat(10), 'what is no stream (text/plain), “A fox ran'],
  ])('shows its form, without the text in it, and what to check: %s', (_what, body, shown) => {
    const { type, message } = unknown(body, 'text/plain');
    expect(type).toBe('Provider.BadRequest');
    expect(message).toContain(shown);
    expect(message).toContain('base URL');
    expect(message).not.toContain(TEXT);
  });

  test('may be bytes', () => {
    const frame = Buffer.from('\0\0\0\x9b\0\0\0\x52:event-type', 'latin1');
    expect(unknown(frame, 'application/vnd.amazon.eventstream').message).toContain(
      'application/vnd.amazon.eventstream',
    );
  });

  test.each(['tool_calls', 'function_call', 'tool_use'])('is no text if it calls a tool: %s', (word) => {
    const last = { choices: [{ delta: { tool_calls: [{ function: { name: 'f' } }] }, finish_reason: word }] };
    expect(unknown(events(last).join(''))).toMatchObject({
      type: 'Output.Unusable',
      message: expect.stringContaining('tool') as string,
    });
    // The text before a call may be a whole one: whether it is, its last sentence shows.
    expect(read([...events({ choices: [{ delta: { content: TEXT } }] }, last)].join('')).ends).toEqual(['unstated']);
  });
});
