import fc from 'fast-check';
import { failureKind } from '../../src/providers/failure-kind';
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

  const picture = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(50)]).toString('base64');
  const url = 'https://files.example/a.png?sig=1';
  test.each<[api: string, body: unknown]>([
    ['Luma', { id: 'l', state: 'completed', assets: { image: url } }],
    ['Leonardo', { generations_by_pk: { status: 'COMPLETE', generated_images: [{ url, nsfw: false }] } }],
    ['Runware', { data: [{ taskType: 'imageInference', imageURL: url, NSFWContent: false }] }],
    ['WaveSpeed', { data: { id: 'w', outputs: [url], status: 'completed' } }],
    ['kie.ai', { data: { response: { resultUrls: [url] } } }],
    ['a mapping by number', { images: { '0': { url } } }],
    ['a bare list', [{ url }]],
    ['a sentence of a chat', { choices: [{ message: { content: `Here it is: ![a fox](${url})` } }] }],
    [
      'what was sent before the result',
      { input: { image_url: 'https://files.example/b.png' }, files: [{ image: url }] },
    ],
  ])('is found at its address wherever the answer has it: %s', (_, body) => {
    expect(imageIn(body)).toEqual({ kind: 'address', url });
  });

  test('is found at an address that does not end as that of a picture', () => {
    const file = 'https://files.example/download?id=7';
    expect(imageIn({ results: [{ file }], check_url: 'https://x' })).toEqual({ kind: 'address', url: file });
  });

  test.each<[api: string, body: unknown]>([
    ['Imagen', { generatedImages: [{ image: { imageBytes: picture } }] }],
    ['Interactions', { output_image: { data: picture, mime_type: 'image/png' } }],
    ['Runware', { data: [{ imageBase64Data: picture }] }],
  ])('is found itself wherever the answer has it: %s', (_, body) => {
    expect(imageIn(body)).toMatchObject({ kind: 'bytes', bytes: Buffer.from(picture, 'base64') });
  });

  test.each<[api: string, body: unknown]>([
    ['Black Forest Labs', { id: 'b', status: 'Content Moderated', result: null }],
    ['Ideogram', { data: [{ url: null, is_image_safe: false }] }],
    ['DeepInfra', { images: [`data:image/png;base64,${picture}`], nsfw_content_detected: [true] }],
    ['Runware', { data: [{ imageURL: url, NSFWContent: true }] }],
  ])('that is black, or not there, because it was refused, is refused: %s', (_, body) => {
    const answer = imageIn(body);
    expect(answer.kind === 'error' && failureKind(answer.error)).toBe('refused');
  });

  test('that is a job, and not there yet, is known as one', () => {
    const stated = {
      id: 'b',
      polling_url: 'https://x',
      image_url: 'https://files.example/draft.png',
      status: 'running',
    };
    expect(imageIn(stated)).toEqual({ kind: 'job', id: 'b', at: 'https://x' });
    const later = { id: 'b', status: 'processing', fetch_result: 'https://x', future_links: ['https://x/a.png'] };
    expect(imageIn(later)).toEqual({ kind: 'job', id: 'b', at: 'https://x' });
    const jobs = [{ id: 'b' }, { output: { task_id: 'b', task_status: 'PENDING' } }, { data: { taskId: 'b' } }];
    for (const body of jobs) expect(imageIn(body)).toEqual({ kind: 'job', id: 'b' });
    for (const body of [
      { id: 'b', data: [] },
      { id: 'b', created: 1 },
      { id: 'b', choices: [] },
    ])
      expect(imageIn(body)).toEqual({ kind: 'nothing' });
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

  const poster = 'https://clips.example/a.png?sig=a.mp4';
  test.each<[api: string, body: unknown]>([
    ['Together', { id: 'a', status: 'completed', outputs: { cost: 0.4, video_url: url } }],
    ['Zhipu', { id: 'a', task_status: 'SUCCESS', video_result: [{ url, cover_image_url: poster }] }],
    ['SiliconFlow', { requestId: 'a', status: 'Succeed', results: { videos: [{ url }], seed: 1 } }],
    ['Novita', { task: { task_id: 'a', status: 'TASK_STATUS_SUCCEED' }, images: [], videos: [{ video_url: url }] }],
    [
      'Kling, a list of tasks',
      { code: 0, data: [{ id: 'a', status: 'succeeded', outputs: [{ type: 'video', url }] }] },
    ],
    ['WaveSpeed', { code: 200, data: { id: 'a', status: 'completed', outputs: [url], has_nsfw_contents: [false] } }],
    ['kie.ai', { code: 200, data: { taskId: 'a', state: 'success', resultJson: `{"resultUrls":["${url}"]}` } }],
    ['kie.ai, Veo', { data: { taskId: 'a', successFlag: 1, response: { taskId: 'a', resultUrls: [url] } } }],
    ['Leonardo', { generations_by_pk: { id: 'a', status: 'COMPLETE', generated_images: [{ motionMP4URL: url }] } }],
    ['PixVerse', { ErrCode: 0, Resp: { id: 'a', status: 1, url } }],
    ['Tencent', { Response: { JobId: 'a', Status: 'DONE', ResultVideoUrl: url, ErrorCode: '' } }],
    ['an older new-api', { code: 'success', data: { task_id: 'a', status: 'SUCCESS', fail_reason: url } }],
    ['addresses in a list', { id: 'a', status: 'done', urls: [url] }],
    ['addresses by their kinds', { uid: 'a', phase: 'Succeeded', urls: { gif: poster, mp4: url } }],
    ['other names in capitals', { JobID: 'a', JobStatus: 'COMPLETED', MediaFileUri: url }],
    ['GraphQL', { data: { generation: { id: 'a', status: 'COMPLETE', videoUrl: url } } }],
    ['a list of jobs', { jobs: [{ inference_id: 'a', job_status: 'done', video: url }] }],
    ['a state of the question alone', { status: 'ok', task_id: 'a', video_url: url }],
    ['a poster before the clip', { id: 'a', status: 'succeeded', output: [poster, url] }],
    ['a mapping by number', { id: 'a', status: 'completed', videos: { '0': { url } } }],
    [
      'an object that nobody knows',
      { id: 'a', status: 'video.completed', files: { final: { href: url, thumb: poster } } },
    ],
  ])('has its clip wherever the answer has it: %s', (_, body) => {
    expect(jobIn(body)).toMatchObject({ id: 'a', state: 'completed', url });
  });

  test.each<[api: string, body: (clip: string) => unknown]>([
    [
      'Vertex',
      (clip) => ({ name: 'p/operations/a', done: true, response: { videos: [{ bytesBase64Encoded: clip }] } }),
    ],
    ['Stability', (clip) => ({ video: clip, finish_reason: 'SUCCESS', seed: 1 })],
  ])('has the clip itself in it: %s', (_, body) => {
    const clip = Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42', 'latin1'), Buffer.alloc(60)]).toString('base64');
    expect(jobIn(body(clip))).toMatchObject({ state: 'completed', url: `data:;base64,${clip}` });
  });

  test.each<[api: string, body: unknown]>([
    ['PixVerse, a number nobody knows', { ErrCode: 0, Resp: { id: 'a', status: 5, url: '' } }],
    ['Jimeng, a wrapper with a number', { code: 10000, status: 10000, data: { task_id: 'a', status: 'in_queue' } }],
    ['an input that is a clip', { id: 'a', status: 'starting', output: null, input: { video: url } }],
    ['an error that states that there is none', { id: 'a', status: 'processing', error: 'None' }],
    ['a picture of the way', { id: 'a', status: 'processing', url, preview: poster }],
  ])('still runs: %s', (_, body) => {
    expect(jobIn(body)).toMatchObject({ id: 'a', state: 'running' });
  });

  test.each<[api: string, body: unknown]>([
    ['xAI', { status: 'done', video: { url: '', respect_moderation: false } }],
    ['WaveSpeed, a black clip', { data: { id: 'a', status: 'completed', outputs: [url], has_nsfw_contents: [true] } }],
    ['Veo', { done: true, response: { generateVideoResponse: { raiMediaFilteredReasons: ['the audio'] } } }],
    ['Vidu', { id: 'a', state: 'failed', err_code: 'AuditSubmitIllegal' }],
    ['DashScope', { output: { task_id: 'a', task_status: 'FAILED', code: 'DataInspectionFailed', message: 'x' } }],
    [
      'Kling',
      { data: { task_id: 'a', task_status: 'failed', task_status_msg: 'Failure to pass the risk control system' } },
    ],
    ['Replicate', { id: 'a', status: 'failed', error: 'NSFW content detected. Try a different prompt.' }],
    ['an output with the reason', { id: 'a', status: 'failed', output: { error: 'flagged as sensitive content' } }],
    ['a result with the code', { id: 'a', status: 'failed', result: { code: 'ContentPolicyViolation', message: 'x' } }],
    ['Luma', { id: 'a', state: 'failed', failure_reason: '400: advanced moderation failed' }],
  ])('was refused, and is not ordered again: %s', (_, body) => {
    const { state, error } = jobIn(body);
    expect({ state, kind: failureKind(error ?? {}) }).toEqual({ state: 'failed', kind: 'refused' });
  });

  test.each([
    [0.42, 42],
    ['0.5', 50],
    ['30%', 30],
    [{ percent: 40 }, 40],
    ['soon', 0],
  ])('may state its progress as %p', (progress, percent) => {
    expect(jobIn({ id: 'a', status: 'RUNNING', progress }).progress).toBe(percent);
  });

  test('that failed states its own reason, and not that the question succeeded', () => {
    const data = { task_id: 'a', task_status: 'failed', task_status_msg: 'The prompt is a risk.' };
    expect(jobIn({ code: 0, message: 'SUCCEED', request_id: 'r', data }).error?.message).toBe('The prompt is a risk.');
    const job = { id: 'a', status: 'failed', message: 'No capacity.' };
    expect(jobIn({ code: 0, message: 'success', data: job }).error?.message).toBe('No capacity.');
  });
});

describe('A refusal of a service of pictures or clips', () => {
  test.each<[service: string, failure: Parameters<typeof failureKind>[0], kind: string]>([
    ['Kling, no balance', { status: 429, code: '1102', message: 'Account balance not enough' }, 'quota'],
    ['Kling, too many jobs', { status: 429, code: '1303', message: 'parallel task over resource pack limit' }, 'rate'],
    ['Kling, content', { status: 400, code: '1301', message: 'x' }, 'refused'],
    ['MiniMax, key', { code: '2049', message: 'invalid api key' }, 'key'],
    ['MiniMax, plan', { code: '2056', message: 'usage limit exceeded' }, 'quota'],
    ['Recraft', { status: 400, code: 'not_enough_credits', message: 'x' }, 'quota'],
    ['Higgsfield', { status: 403, message: 'Not enough credits' }, 'quota'],
    ['fal, no balance', { status: 403, message: 'User is locked. Reason: Exhausted balance.' }, 'quota'],
    ['PixVerse', { code: '500043', message: 'All Credits have been used up.' }, 'quota'],
    ['Ideogram', { status: 422, message: 'Prompt failed safety check' }, 'refused'],
    [
      'Together',
      { status: 422, type: 'invalid_request_error', message: 'Input prompt contains NSFW content' },
      'refused',
    ],
    ['Veo', { status: 400, message: "This prompt has words that violate Vertex AI's usage guidelines." }, 'refused'],
    ['Sora', { status: 400, code: 'sentinel_block', message: 'x' }, 'refused'],
    ['DashScope', { message: 'The output may be related to copyright restrictions' }, 'refused'],
    ['any, a wrong size', { status: 422, message: 'size: must be one of 1280x720' }, 'bad-request'],
  ])('is known by its words: %s', (_, failure, kind) => {
    expect(failureKind(failure)).toBe(kind);
  });
});
