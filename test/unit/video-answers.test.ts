import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BrokenConnection,
  NotReady,
  OpenAiImage,
  OpenAiVideo,
  OUR_ADAPTERS,
  UndecodedMedia,
  type VideoProvider,
} from '../../src/providers';
import { openMedia } from '../../src/providers/fetch-media';
import { foundFile } from '../../src/providers/found-file';
import { readBody } from '../../src/providers/http-fetch';

const CLIP = Buffer.from('\0\0\0\x18ftypmp42 and so on', 'latin1');
const WEBM = Buffer.from('\x1a\x45\xdf\xa3 and so on', 'latin1');
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
);

describe('A provider of clips', () => {
  let server: Server;
  let origin: string;
  let answer: (response: ServerResponse, url: string, key?: string, range?: string) => void;

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      answer(response, request.url ?? '', request.headers.authorization, request.headers.range);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const { signal } = new AbortController();
  const options = () => ({ baseUrl: `${origin}/v1`, apiKey: 'sk-test', model: 'm' });
  const order = { seconds: 3, size: '64x36' };
  const submit = () =>
    new OpenAiVideo(options()).submit(
      { prompt: 'a fox', image: { bytes: PNG, mediaType: 'image/png' }, wanted: order, order, idempotencyKey: 'k' },
      signal,
    );
  async function download(url?: string): Promise<Buffer> {
    const pieces: Buffer[] = [];
    await new OpenAiVideo(options()).download('job', url, async (bytes) => void pieces.push(bytes), signal);
    return Buffer.concat(pieces);
  }

  test.each([
    ['an id that JavaScript would round', '{"id":1234567890123456789,"status":"queued"}', '1234567890123456789'],
    ['the same in a wrapper', '{"data":{"task_id": 9007199254740993 },"time":1.2345678901234567}', '9007199254740993'],
    ['digits in a text', '{"id":"a","note":"\\"1, 12345678901234567\\""}', 'a'],
    ['the mark of the byte order', '\ufeff{"id":"a"}', 'a'],
    ['an id with a space', '{"id":"a b","status":"queued"}', 'a b'],
    ['an operation', '{"name":"operations/a","done":false}', 'operations/a'],
  ])('may answer with %s', async (_what, body, jobId) => {
    answer = (response) => response.end(body);
    expect(await submit()).toMatchObject({ jobId });
  });

  test('may have its job at an address of its own, and its clip at another one', async () => {
    const at = `${origin}/queue/job/status`;
    const asked: string[] = [];
    answer = (response, url) => {
      asked.push(url);
      if (url === '/files/a.mp4') return response.end(CLIP);
      const done = { request_id: 'job', status: 'COMPLETED', response_url: `${origin}/queue/job` };
      const queued = { request_id: 'job', status: 'IN_QUEUE', status_url: '/queue/job/status', cancel_url: '/c' };
      const result = { video: { url: `${origin}/files/a.mp4` } };
      return response.end(JSON.stringify(url === '/queue/job' ? result : asked.length < 3 ? queued : done));
    };
    const { jobId } = await submit();
    expect(jobId).toBe(`job ${at}`);
    const own = new OpenAiVideo(options());
    expect(await own.poll(jobId, signal)).toMatchObject({ status: 'running', jobId });
    const job = await own.poll(jobId, signal);
    expect(await download(job.status === 'completed' ? job.url : undefined)).toEqual(CLIP);
    expect(asked).toEqual(['/v1/videos', ...Array(2).fill('/queue/job/status'), '/queue/job', '/files/a.mp4']);
    // What leads to its usual place, or to another server, changes nothing.
    for (const polling_url of ['/v1/videos/a', 'https://elsewhere.example/a']) {
      answer = (response) => response.end(JSON.stringify({ id: 'a', status: 'pending', polling_url }));
      expect(await submit()).toMatchObject({ jobId: 'a' });
    }
  });

  test.each(['Task not found', 'UNKNOWN', 'NOT_FOUND'])('is asked again for a job in the state %s', async (status) => {
    answer = (response) => response.end(JSON.stringify({ id: 'job', status }));
    await expect(new OpenAiVideo(options()).poll('job', signal)).rejects.toBeInstanceOf(NotReady);
  });

  test.each([
    ['that it is asked too often', { id: 'job', base_resp: { status_code: 1002, status_msg: 'rate limit' } }, 429],
    ['the same with a request of its own', { request_id: 'r', code: 'Throttling', message: 'slow down' }, 429],
    ['that the key is wrong', { task_id: 'job', error: { code: 'invalid_api_key', message: 'wrong key' } }, 401],
  ])('may answer a question after a job with %s, and the job goes on', async (_what, body, status) => {
    answer = (response) => response.end(JSON.stringify(body));
    await expect(new OpenAiVideo(options()).poll('job', signal)).rejects.toMatchObject({ status });
  });

  test('has taken no job where it answers with an error and the id of the request alone', async () => {
    answer = (response) =>
      response.end(JSON.stringify({ request_id: 'r', code: 'InvalidParameter', message: 'the size is wrong' }));
    await expect(submit()).rejects.toMatchObject({ status: 400 });
    answer = (response) => response.end(JSON.stringify({ request_id: 'r', status: 'IN_QUEUE' }));
    expect(await submit()).toMatchObject({ jobId: 'r' });
  });

  test.each([
    ['text/plain', CLIP],
    ['application/json', CLIP],
    ['text/html; charset=utf-8', WEBM],
    ['application/octet-stream', WEBM],
    ['text/plain', Buffer.from('GIF89a\x40\0\x24\0 and so on', 'latin1')],
    ['text/plain', Buffer.from('RIFF\xff\xff\xff\x7fAVI LIST', 'latin1')],
    ['text/vnd.trolltech.linguist', Buffer.from('G@\x11\x10\0B\xf0%\0\x01\xc1\0', 'latin1')],
  ])('may send a clip as %s, in pieces of any size', async (type, clip) => {
    answer = (response) => {
      response.writeHead(200, { 'content-type': type });
      response.write(clip.subarray(0, 1));
      setImmediate(() => response.end(clip.subarray(1)));
    };
    expect(await download()).toEqual(clip);
  });

  test.each([
    ['a state', 202, 'application/json', '{"status":"in_progress"}'],
    ['a state as a clip', 200, 'video/mp4', '{"status":"in_progress"}'],
    ['an error as a clip', 200, 'application/octet-stream', '{"error":{"message":"still processing"}}'],
    ['a sentence', 200, 'text/plain', 'Task is not completed yet'],
    ['a page', 200, 'video/mp4', '<!doctype html><title>Wait</title>'],
    ['an error of a store', 200, 'video/mp4', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'],
    ['nothing', 204, 'video/mp4', ''],
    ['an empty file', 200, 'video/mp4', ''],
  ])('is asked again for its clip where it sends %s', async (_what, status, type, body) => {
    answer = (response) => response.writeHead(status, { 'content-type': type }).end(body || undefined);
    await expect(download()).rejects.toBeInstanceOf(NotReady);
  });

  test.each([
    ['without being asked for one', false],
    ['and only if it is asked for one', true],
  ])('may send a clip in parts, %s', async (_what, isOnlyParts) => {
    const asked: (string | undefined)[] = [];
    answer = (response, _url, _key, range) => {
      asked.push(range);
      if (isOnlyParts && range === undefined) return response.writeHead(416).end();
      const from = Number(/\d+/.exec(range ?? '')?.[0] ?? 0);
      const part = CLIP.subarray(from, from + 10);
      const stated = `bytes ${from}-${from + part.length - 1}/${CLIP.length}`;
      response.writeHead(206, { 'content-range': stated }).end(part);
    };
    expect(await download()).toEqual(CLIP);
    const first = isOnlyParts ? [undefined, 'bytes=0-'] : [undefined];
    expect(asked).toEqual([...first, 'bytes=10-', 'bytes=20-']);
  });

  test('is asked for its clip again where it sends the same part twice', async () => {
    const stated = { 'content-range': `bytes 0-9/${CLIP.length}` };
    answer = (response) => response.writeHead(206, stated).end(CLIP.subarray(0, 10));
    await expect(download()).rejects.toBeInstanceOf(BrokenConnection);
  });

  test('may send the clip with the state of its job', async () => {
    const clip = Buffer.concat([CLIP, Buffer.alloc(1_000_000)]);
    const lines = clip.toString('base64').replaceAll(/.{76}/g, '$&\r\n');
    answer = (response) =>
      response.end(JSON.stringify({ id: 'job', status: 'done', url: `data:video/mp4;base64,${lines}` }));
    const job = await new OpenAiVideo(options()).poll('job', signal);
    expect((await download(job.status === 'completed' ? job.url : undefined)).equals(clip)).toBe(true);
  });

  test('may answer with the address of its clip in the place of the clip', async () => {
    answer = (response, url) =>
      url === '/files/a.mp4'
        ? response.end(CLIP)
        : response.end(JSON.stringify({ id: 'job', status: 'completed', video: { url: `${origin}/files/a.mp4` } }));
    expect(await download()).toEqual(CLIP);
    answer = (response, url) => response.end(JSON.stringify({ url: `${origin}${url}0` }));
    await expect(download()).rejects.toBeInstanceOf(NotReady);
  });

  test('may answer an order with the clip alone, which is not ordered again', async () => {
    const url = 'https://files.example/a.mp4?sig=1';
    answer = (response) => response.end(JSON.stringify({ video: { url }, seed: 1 }));
    const { jobId } = await submit();
    expect(await new OpenAiVideo(options()).poll(jobId, signal)).toEqual({ status: 'completed', jobId, url });
    expect(await new OpenAiVideo(options()).cancel(jobId, signal)).toBe(false);
  });

  test.each([
    [400, { detail: 'Request is still in progress' }],
    [200, { detail: 'Request is still in progress' }],
    [400, { error: { message: 'Task is not completed yet' } }],
  ])('may call a job that runs an error: %i', async (status, body) => {
    answer = (response) => response.writeHead(status).end(JSON.stringify(body));
    expect(await new OpenAiVideo(options()).poll('job', signal)).toMatchObject({ status: 'running' });
  });

  test.each([401, 403])('is asked after its job again if the address of a clip has run out: %i', async (status) => {
    answer = (response) => response.writeHead(status).end('<Error><Code>AccessDenied</Code></Error>');
    await expect(download(`${origin}/files/a.mp4`)).rejects.toBeInstanceOf(NotReady);
  });

  test.each([
    ['nothing', ''],
    ['an error of a store', '<?xml version="1.0"?><Error><Code>SlowDown</Code></Error>'],
    ['a half', PNG.subarray(0, 40)],
  ])('is asked for its picture again where its address gives %s', async (_what, first) => {
    let fetches = 0;
    answer = (response, url) => {
      if (url.startsWith('/v1/')) return response.end(JSON.stringify({ data: [{ url: `${origin}/files/a.png` }] }));
      return response.end(++fetches === 1 ? first : PNG);
    };
    const image = new OpenAiImage(options()).generate({ prompt: 'a fox', size: '1x1', idempotencyKey: 'k' }, signal);
    expect(await image).toMatchObject({ bytes: PNG });
  });

  describe('that makes a picture as a job', () => {
    /** Orders a picture. `polls` are the answers to the questions after it, of which the last one stays. */
    async function draw(
      submitted: object,
      polls: readonly (object | number | string)[],
      adapter?: 'bfl' | 'dashscope',
    ) {
      const asked: string[] = [];
      answer = (response, url, key) => {
        if (url.startsWith('/files/')) return void response.writeHead(url.includes('gone') ? 403 : 200).end(PNG);
        asked.push(`${url}${key === undefined ? '' : ' with the key'}`);
        const reply = asked.length === 1 ? submitted : (polls[Math.min(asked.length - 2, polls.length - 1)] ?? 404);
        if (typeof reply === 'number') return void response.writeHead(reply).end('{}');
        response.end(typeof reply === 'string' ? reply : JSON.stringify(reply));
      };
      const given = { ...options(), pollMs: 1, name: 'p', jsonSchema: false, options: {}, mayAsk: () => true };
      const provider = adapter
        ? OUR_ADAPTERS[adapter]?.image?.({ ...given, onNotice: () => undefined })
        : new OpenAiImage(given);
      const image = provider?.generate({ prompt: 'a fox', size: '1x1', idempotencyKey: 'k' }, signal);
      const made = await image?.catch((error: Error & { type?: string; status?: number }) => error);
      return { made, asked };
    }

    const QUEUED = { id: 'a', status: 'queued' };
    const at = (url: string) => ({ id: 'a', status: 'completed', data: [{ url }] });
    type Told = () => [submitted: object, polls: (object | number | string)[]];

    test.each<[service: string, told: Told]>([
      [
        'Black Forest Labs, with an address of the job',
        () => [
          { id: 'a', polling_url: `${origin}/v1/get_result?id=a` },
          [
            { id: 'a', status: 'Pending', result: null },
            { id: 'a', status: 'Ready', result: { sample: '/files/a.png' } },
          ],
        ],
      ],
      [
        'Replicate',
        () => [
          { id: 'a', status: 'starting', input: {}, output: null, urls: { get: `${origin}/v1/predictions/a` } },
          [{ id: 'a', status: 'succeeded', output: [`${origin}/files/a.png`] }],
        ],
      ],
      [
        'fal, whose answer is at an address of its own',
        () => [
          { request_id: 'a', status: 'IN_QUEUE', status_url: '/v1/a/status', response_url: `${origin}/v1/a` },
          [
            { request_id: 'a', status: 'COMPLETED', response_url: `${origin}/v1/a` },
            { images: [{ url: '/files/a.png' }] },
          ],
        ],
      ],
      [
        'Kling',
        () => [
          { code: 0, data: { task_id: 'a', task_status: 'submitted' } },
          [
            {
              code: 0,
              data: { task_id: 'a', task_status: 'succeed', task_result: { images: [{ url: '/files/a.png' }] } },
            },
          ],
        ],
      ],
      [
        'Runway, with an id alone, at another path',
        () => [{ id: 'a' }, [404, { id: 'a', status: 'SUCCEEDED', output: ['/files/a.png'] }]],
      ],
      [
        'Leonardo',
        () => [
          { sdGenerationJob: { generationId: 'a' } },
          [
            {
              generations_by_pk: { id: 'a', status: 'COMPLETE', generated_images: [{ url: `${origin}/files/a.png` }] },
            },
          ],
        ],
      ],
      ['a draft on the way', () => [QUEUED, [{ ...QUEUED, imageUrl: '/files/gone.png' }, at('/files/a.png')]]],
      [
        'faults on the way',
        () => [
          QUEUED,
          [
            404,
            { id: 'a', status: 'NOT_FOUND' },
            { id: 'a', status: 'running' },
            429,
            503,
            '<html>',
            '',
            QUEUED,
            at('/files/a.png'),
          ],
        ],
      ],
      ['another address after one that has run out', () => [QUEUED, [at('/files/gone.png'), at('/files/a.png')]]],
    ])('is asked after it until it is there: %s', async (_service, told) => {
      const { made } = await draw(...told());
      expect(made).toMatchObject({ mediaType: 'image/png' });
    });

    test.each<[what: string, last: object | number, error: object]>([
      ['is moderated', { id: 'a', status: 'Content Moderated', result: null }, { status: 451 }],
      ['fails', { id: 'a', status: 'failed', error: { message: 'no GPU' } }, { message: 'its job failed: no GPU' }],
      [
        'is done without a picture',
        { id: 'a', status: 'completed', data: [] },
        { message: 'its job is done, and has no image' },
      ],
      ['is not known', 404, { type: 'Media.Unusable', message: expect.stringContaining('job a') as string }],
    ])('does not order another one by itself if the job %s', async (_what, last, error) => {
      const { made, asked } = await draw(QUEUED, [QUEUED, last]);
      expect(made).toMatchObject(error);
      expect(asked.filter((url) => url.startsWith('/v1/images/generations with'))).toHaveLength(1);
    });

    test('is waited for no longer than the attempt may last, from its order on', async () => {
      const now = Date.now();
      const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + (ordered ? 9 * 60_000 : 0));
      let ordered = false;
      const submitted = { ...QUEUED, toJSON: () => ((ordered = true), QUEUED) };
      const { made } = await draw(submitted, [QUEUED, at('/files/a.png')]).finally(() => clock.mockRestore());
      expect(made).toMatchObject({
        type: 'Media.Unusable',
        message: expect.stringContaining('it still runs') as string,
      });
    });

    test('may have an API of its own', async () => {
      const task = { task_id: 'a', task_status: 'SUCCEEDED', results: [{ url: '/files/a.png' }] };
      const { asked } = await draw(
        { output: { task_id: 'a', task_status: 'PENDING' } },
        [{ output: task }],
        'dashscope',
      );
      expect(asked).toEqual(['/v1/services/aigc/text2image/image-synthesis with the key', '/v1/tasks/a with the key']);
      const ready = { id: 'a', status: 'Ready', result: { sample: '/files/a.png' } };
      expect((await draw({ id: 'a', polling_url: `${origin}/v1/own?id=a` }, [ready], 'bfl')).asked).toEqual([
        '/v1/m',
        '/v1/own?id=a',
      ]);
    });
  });

  test('gets the key of its own origin alone, wherever a job was before or its id leads to', async () => {
    const asked: string[] = [];
    answer = (response, url, key) => {
      asked.push(`${url} ${String(key)}`);
      response.end(JSON.stringify({ id: 'job', status: 'running' }));
    };
    const other = origin.replace('127.0.0.1', 'localhost');
    const video = new OpenAiVideo(options());
    await video.poll(`job ${other}/jobs/job`, signal);
    await video.poll(`job ${origin}/jobs/job`, signal);
    expect(asked).toEqual(['/v1/videos/job Bearer sk-test', '/jobs/job Bearer sk-test']);
  });

  test('gets its key at the hosts of its jobs, unless its base URL is that of a gateway', async () => {
    const keys: (string | undefined)[] = [];
    answer = (response, _url, key) => {
      keys.push(key);
      response.end('{}');
    };
    const port = new URL(origin).port;
    const source = { apiKey: 'sk-test', keyDomain: '.0.0.1', mayAsk: () => true };
    for (const host of ['127.0.0.1', 'gateway.example']) {
      const opened = await openMedia(
        { ...source, baseUrl: `http://${host}:1` },
        `http://127.0.0.1:${port}/job`,
        signal,
        {
          withKey: true,
        },
      );
      await readBody(opened, 100);
    }
    expect(keys).toEqual(['Bearer sk-test', undefined]);
  });

  test.each([
    ['an SVG drawing', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" />'],
    ['a PDF', '%PDF-1.7'],
    ['a JPEG 2000', '\0\0\0\x0cjP  \r\n'],
  ])('that draws %s is asked for no second one, which would be the same', async (what, picture) => {
    const sent = Buffer.from(picture, 'latin1');
    const asText = what.includes('SVG') ? `data:image/svg+xml;utf8,${picture}` : sent.toString('base64');
    for (const body of [sent, JSON.stringify({ data: [{ b64_json: asText }] })]) {
      answer = (response) => response.end(body);
      const image = new OpenAiImage(options()).generate({ prompt: 'a fox', size: '1x1', idempotencyKey: 'k' }, signal);
      const error: unknown = await image.catch((each: unknown) => each);
      expect(error).toBeInstanceOf(UndecodedMedia);
      expect((error as Error).message).toContain(what);
    }
  });

  test('gets its key for a picture of its own, if it asks for the key', async () => {
    answer = (response, url, key) => {
      if (url.startsWith('/v1/')) return response.end(JSON.stringify({ data: [{ url: `${origin}/files/a.png` }] }));
      if (key !== 'Bearer sk-test') return response.writeHead(401).end();
      return response.end(PNG);
    };
    const image = new OpenAiImage(options()).generate({ prompt: 'a fox', size: '1x1', idempotencyKey: 'k' }, signal);
    expect(await image).toMatchObject({ mediaType: 'image/png' });
  });

  test.each(['/files/a.png?sig=1', '/files/a/b'])('may name a picture by its path alone: %s', async (path) => {
    answer = (response, url) =>
      url === path ? response.end(PNG) : response.end(JSON.stringify({ data: [{ url: path }] }));
    const image = new OpenAiImage(options()).generate({ prompt: 'a fox', size: '1x1', idempotencyKey: 'k' }, signal);
    expect(await image).toMatchObject({ bytes: PNG, mediaType: 'image/png' });
  });

  test('is read in a moment, however odd its addresses are', () => {
    for (const text of [`![${'](!['.repeat(100_000)}`, `https://a/${'?'.repeat(300_000)}\nx`]) {
      expect(foundFile({ image: text }, 'picture')).toBeUndefined();
    }
    expect(foundFile({ text: 'Look: ![a fox](https://a/b) .' }, 'picture')).toBeUndefined();
    expect(foundFile({ image: '![a fox](https://a/b)' }, 'picture')).toBe('https://a/b');
  });

  test('may call a job completed that has failed', async () => {
    const error = { message: 'no GPU', type: 'runner_disconnected' };
    answer = (response) => response.end(JSON.stringify({ id: 'job', status: 'COMPLETED', error }));
    expect(await new OpenAiVideo(options()).poll('job', signal)).toMatchObject({ status: 'failed', message: 'no GPU' });
  });

  test('has made a picture, whatever form of an error is beside it', async () => {
    for (const error of [{}, { message: '', code: '' }, { code: 0, message: '' }, { code: null, message: null }]) {
      answer = (response) => response.end(JSON.stringify({ data: [{ b64_json: PNG.toString('base64') }], error }));
      const image = new OpenAiImage(options()).generate({ prompt: 'a fox', size: '1x1', idempotencyKey: 'k' }, signal);
      expect(await image).toMatchObject({ mediaType: 'image/png' });
    }
  });
});

describe('A provider of clips with an API of its own', () => {
  let server: Server;
  let origin: string;
  let asked: { method: string; url: string; host: string; key?: unknown; bearer?: unknown; body: unknown }[];
  let answers: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (bytes: Buffer) => pieces.push(bytes));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const { host = '', authorization: bearer, 'x-goog-api-key': key } = headers;
        const text = Buffer.concat(pieces).toString();
        asked.push({ method, url, host, key, bearer, body: text === '' ? undefined : JSON.parse(text) });
        const answer = answers[`${method} ${url}`];
        if (typeof answer === 'number') return response.writeHead(answer).end('{}');
        if (typeof answer === 'string') return response.writeHead(302, { location: answer }).end();
        if (Buffer.isBuffer(answer)) return response.end(answer);
        response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => void (asked = []));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const { signal } = new AbortController();
  const wanted = { seconds: 5, size: '1280x720' };
  const image = { bytes: PNG, mediaType: 'image/png' };

  function provider(name: 'veo' | 'minimax', path: string): VideoProvider {
    const settings = {
      name,
      model: 'm-1',
      baseUrl: `${origin}${path}`,
      apiKey: 'sk-test',
      jsonSchema: false,
      options: {},
    };
    const made = OUR_ADAPTERS[name]?.video?.({ ...settings, mayAsk: () => true, onNotice: () => undefined });
    if (!made) throw new Error(`there is no ${name}`);
    return made;
  }

  const submit = (to: VideoProvider) =>
    to.submit({ prompt: 'a fox', image, wanted, order: to.order(wanted), idempotencyKey: 'k' }, signal);

  async function download(from: VideoProvider, jobId: string, url: string | undefined): Promise<Buffer> {
    const pieces: Buffer[] = [];
    await from.download(jobId, url, async (bytes) => void pieces.push(bytes), signal);
    return Buffer.concat(pieces);
  }

  const NAME = 'models/m-1/operations/op-1';
  const OPERATION = `GET /v1beta/${NAME}`;

  test('is Veo: an operation, whose clip is fetched with the key from its own origin alone', async () => {
    const veo = provider('veo', '/v1beta');
    const uri = `${origin}/v1beta/files/f:download?alt=media`;
    const elsewhere = `${origin.replace('127.0.0.1', 'localhost')}/clip.mp4`;
    answers = { 'POST /v1beta/models/m-1:predictLongRunning': { name: NAME }, [OPERATION]: { name: NAME } };
    expect(await submit(veo)).toMatchObject({ status: 'running', jobId: NAME });
    expect(asked[0]).toMatchObject({
      key: 'sk-test',
      bearer: undefined,
      body: {
        instances: [{ prompt: 'a fox', image: { bytesBase64Encoded: PNG.toString('base64'), mimeType: 'image/png' } }],
        parameters: { aspectRatio: '16:9', resolution: '720p', durationSeconds: 6 },
      },
    });
    expect(await veo.poll(NAME, signal)).toMatchObject({ status: 'running' });
    const response = { generateVideoResponse: { generatedSamples: [{ video: { uri } }] } };
    answers = { [OPERATION]: { name: NAME, done: true, response } };
    expect(await veo.poll(NAME, signal)).toEqual({ status: 'completed', jobId: NAME, url: uri });
    answers = { 'GET /v1beta/files/f:download?alt=media': 403, 'GET /clip.mp4': CLIP };
    await expect(download(veo, NAME, uri)).rejects.toBeInstanceOf(NotReady);
    answers = { 'GET /v1beta/files/f:download?alt=media': elsewhere, 'GET /clip.mp4': CLIP };
    expect(await download(veo, NAME, uri)).toEqual(CLIP);
    const keys = asked.map(({ url, host, key, bearer }) => [url.replace(/[?].*/, ''), host.split(':')[0], key, bearer]);
    expect(keys.slice(-4)).toEqual([
      ['/v1beta/files/f:download', '127.0.0.1', undefined, undefined],
      ['/v1beta/files/f:download', '127.0.0.1', 'sk-test', undefined],
      ['/v1beta/files/f:download', '127.0.0.1', undefined, undefined],
      ['/clip.mp4', 'localhost', undefined, undefined],
    ]);
  });

  test.each<[what: string, rest: object, job: object]>([
    ['refused', { response: { generateVideoResponse: { raiMediaFilteredReasons: ['a face'] } } }, { kind: 'refused' }],
    ['done without a clip', { response: {} }, { message: 'its job is done, and has no clip' }],
    ['failed', { error: { code: 13, message: 'no capacity', status: 'INTERNAL' } }, { message: 'no capacity' }],
  ])('is Veo: an operation may be %s', async (_what, rest, job) => {
    answers = { [OPERATION]: { name: NAME, done: true, ...rest } };
    expect(await provider('veo', '/v1beta').poll(NAME, signal)).toMatchObject({ status: 'failed', ...job });
    await expect(provider('veo', '/v1beta').cancel(NAME, signal)).resolves.toBe(true);
  });

  test('is MiniMax: the address of a file is asked for each time', async () => {
    const minimax = provider('minimax', '/v1');
    const fine = { status_code: 0, status_msg: 'success' };
    answers = { 'POST /v1/video_generation': { task_id: '7', base_resp: fine } };
    expect(await submit(minimax)).toMatchObject({ status: 'running', jobId: '7' });
    expect(asked[0]).toMatchObject({
      bearer: 'Bearer sk-test',
      body: { model: 'm-1', prompt: 'a fox', duration: 6, resolution: '768P' },
    });
    const question = 'GET /v1/query/video_generation?task_id=7';
    answers = { [question]: { task_id: '7', status: 'Queueing', file_id: '', base_resp: fine } };
    expect(await minimax.poll('7', signal)).toMatchObject({ status: 'running' });
    const file = 'GET /v1/files/retrieve?file_id=205258526306433';
    const done = { task_id: '7', status: 'Success', file_id: '205258526306433', base_resp: fine };
    answers = { [question]: done, [file]: { base_resp: { status_code: 1000, status_msg: 'unknown' } } };
    await expect(minimax.poll('7', signal)).rejects.toBeInstanceOf(NotReady);
    const url = `${origin}/files/a.mp4?sig=1`;
    answers = { [question]: done, [file]: { file: { file_id: 1, download_url: url }, base_resp: fine } };
    expect(await minimax.poll('7', signal)).toEqual({ status: 'completed', jobId: '7', url });
    answers = { [question]: { task_id: '7', status: 'Processing', base_resp: fine }, 'GET /files/a.mp4?sig=1': CLIP };
    expect(await download(minimax, '7', url)).toEqual(CLIP);
    await expect(minimax.cancel('7', signal)).rejects.toThrow('cannot be ended');
    answers = { 'POST /v1/video_generation': { task_id: '', base_resp: { status_code: 1008, status_msg: 'balance' } } };
    await expect(submit(minimax)).rejects.toMatchObject({ status: 402 });
  });
});
