import fc from 'fast-check';
import { imageIn } from '../../src/providers/image-answer';
import { jobIn } from '../../src/providers/job-answer';
import { isPrivateAddress } from '../../src/providers/media-address';

describe('A job', () => {
  const wrap = fc.constantFrom<(job: object) => object>(
    (job) => job,
    (job) => ({ code: 0, message: 'success', request_id: 'r', data: job }),
    (job) => ({ output: job, request_id: 'r' }),
    (job) => ({ task: job }),
  );
  const id = fc.constantFrom('id', 'task_id', 'taskId', 'video_id');
  const state = fc.constantFrom('status', 'task_status', 'state');
  const anyCase = (word: string) => fc.constantFrom(word, word.toUpperCase(), word[0]?.toUpperCase() + word.slice(1));
  const words = {
    completed: fc.constantFrom('completed', 'succeeded', 'success', 'succeed', 'done').chain(anyCase),
    failed: fc.constantFrom('failed', 'failure', 'error', 'cancelled', 'canceled', 'expired').chain(anyCase),
    // Whatever nobody knows must not end a job that is paid.
    running: fc.oneof(
      fc.constantFrom('NOT_START', 'queueing', 'THROTTLED', 'unknown'),
      fc.stringMatching(/^[q-z]{3,9}ing$/),
    ),
  };

  test.each(['completed', 'failed', 'running'] as const)(
    'that is %s is known as such in any words and wrapper',
    (known) => {
      fc.assert(
        fc.property(wrap, id, state, words[known], (wrapped, idName, stateName, word) => {
          const answer = jobIn(wrapped({ [idName]: 'job-1', [stateName]: word }));
          expect(answer).toMatchObject({ id: 'job-1', state: known });
        }),
      );
    },
  );

  test('whose answer is anything at all throws nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(['running', 'completed', 'failed']).toContain(jobIn(value).state);
        expect(imageIn(value)).toHaveProperty('kind');
      }),
    );
  });
});

describe('An address from a provider', () => {
  test.each(
    '127.0.0.1 10.1.2.3 172.31.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 :: fe80::1 fc00::1 ::ffff:10.0.0.1 ::ffff:7f00:1 64:ff9b::a00:1 2002:a00:1:: 2001:db8::1 ff02::1 fe80::1%eth0'.split(
      ' ',
    ),
  )('%s is private', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  test.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::1'])('%s is public', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });
});

describe('A picture in the form of another API, which a gateway passes on', () => {
  const data = Buffer.from('picture').toString('base64');
  const part = { inlineData: { mimeType: 'image/png', data } };
  const thought = { thought: true, inlineData: { data: 'AAAA' } };

  test.each<[api: string, body: unknown]>([
    ['Gemini', { candidates: [{ content: { parts: [{ text: 'Here.' }, thought, part] }, finishReason: 'STOP' }] }],
    ['Gemini, in JSON names of Python', { candidates: [{ content: { parts: [{ inline_data: { data } }] } }] }],
    ['Vertex', { predictions: [{ bytesBase64Encoded: data, mimeType: 'image/png' }] }],
    ['Responses', { output: [{ type: 'reasoning' }, { type: 'image_generation_call', result: data }] }],
    ['Cloudflare', { result: { image: data }, success: true, errors: [] }],
    [
      'chat',
      { choices: [{ message: { content: '', images: [{ image_url: { url: `data:image/png;base64,${data}` } }] } }] },
    ],
    ['DashScope', { output: { choices: [{ message: { content: [{ image: `data:;base64,${data}` }] } }] } }],
    ['DashScope task', { output: { results: [{ url: `data:;base64,${data}` }] } }],
  ])('is found: %s', (_, body) => {
    expect(imageIn(body)).toEqual({ kind: 'bytes', bytes: Buffer.from('picture') });
  });

  test.each<[api: string, body: unknown, words: string]>([
    ['Gemini', { candidates: [{ finishReason: 'IMAGE_SAFETY' }] }, 'IMAGE_SAFETY'],
    ['Gemini, the prompt', { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }, 'PROHIBITED_CONTENT'],
    ['Vertex', { predictions: [{ raiFilteredReason: 'Blocked for violence.' }] }, 'Blocked for violence.'],
    ['Bedrock', { seeds: [1], finish_reasons: ['Filter reason: prompt'], images: [''] }, 'Filter reason: prompt'],
  ])('that is refused is no empty answer: %s', (_, body, words) => {
    expect(imageIn(body)).toMatchObject({ kind: 'error', error: { message: words, code: 'content_filter' } });
  });

  test('is not refused by an empty reason', () => {
    expect(imageIn({ finish_reasons: [null], images: [data] }).kind).toBe('bytes');
  });
});

describe('A job in the form of another API, which a gateway passes on', () => {
  const url = 'https://clips.example/a.mp4';

  test.each<[api: string, body: unknown]>([
    ['Replicate', { id: 'a', status: 'succeeded', output: url, error: null }],
    ['Vidu', { id: 'a', state: 'success', creations: [{ id: 'c', url, cover_url: 'https://clips.example/a.jpg' }] }],
  ])('has its clip: %s', (_, body) => {
    expect(jobIn(body)).toMatchObject({ id: 'a', state: 'completed', url });
  });

  test('that failed states its own reason, and not that the question succeeded', () => {
    const data = { task_id: 'a', task_status: 'failed', task_status_msg: 'The prompt is a risk.' };
    expect(jobIn({ code: 0, message: 'SUCCEED', request_id: 'r', data }).error?.message).toBe('The prompt is a risk.');
    const job = { id: 'a', status: 'failed', message: 'No capacity.' };
    expect(jobIn({ code: 0, message: 'success', data: job }).error?.message).toBe('No capacity.');
  });
});
