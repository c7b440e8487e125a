import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NotReady, OpenAiImage, OpenAiVideo } from '../../src/providers';

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
  ])('may answer with %s', async (_what, body, jobId) => {
    answer = (response) => response.end(body);
    expect(await submit()).toMatchObject({ jobId });
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

  test('may send a clip in parts, without being asked for one', async () => {
    const asked: (string | undefined)[] = [];
    answer = (response, _url, _key, range) => {
      asked.push(range);
      const from = Number(/\d+/.exec(range ?? '')?.[0] ?? 0);
      const part = CLIP.subarray(from, from + 10);
      const stated = `bytes ${from}-${from + part.length - 1}/${CLIP.length}`;
      response.writeHead(206, { 'content-range': stated }).end(part);
    };
    expect(await download()).toEqual(CLIP);
    expect(asked).toEqual([undefined, 'bytes=10-', 'bytes=20-']);
  });

  test('may send the clip with the state of its job', async () => {
    const clip = Buffer.concat([CLIP, Buffer.alloc(1_000_000)]);
    const lines = clip.toString('base64').replaceAll(/.{76}/g, '$&\r\n');
    answer = (response) =>
      response.end(JSON.stringify({ id: 'job', status: 'done', url: `data:video/mp4;base64,${lines}` }));
    const job = await new OpenAiVideo(options()).poll('job', signal);
    expect((await download(job.status === 'completed' ? job.url : undefined)).equals(clip)).toBe(true);
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

  test('that answers with a job in the place of a picture is not asked for another one', async () => {
    answer = (response) => response.end(JSON.stringify({ id: 'task-1', status: 'queued' }));
    const image = new OpenAiImage(options()).generate({ prompt: 'a fox', size: '1x1', idempotencyKey: 'k' }, signal);
    await expect(image).rejects.toMatchObject({
      type: 'Provider.BadRequest',
      message: expect.stringContaining('task-1'),
    });
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
