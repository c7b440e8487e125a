import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadImage } from '@napi-rs/canvas';
import OpenAI, { toFile } from 'openai';
import { ffmpegPath, post, StudioUnderTest } from './studio-support';
import { until } from '../support/until';
import { newFolder } from '../support/new-folder';

let studio: StudioUnderTest;
let client: OpenAI;
beforeAll(async () => {
  studio = await StudioUnderTest.start();
  client = new OpenAI({ baseURL: studio.url, apiKey: 'any', maxRetries: 0 });
});
afterAll(() => studio.stop());

const draw = async (prompt: string, headers: Record<string, string> = {}, url = studio.url): Promise<Buffer> => {
  const answer = await post(`${url}/images/generations`, { prompt, model: 'm', size: '640x360' }, headers);
  const { data } = (await answer.json()) as { data: [{ b64_json: string }] };
  return Buffer.from(data[0].b64_json, 'base64');
};

/** What ffmpeg says about a clip, and how many frames it decodes to. */
const inspect = async (clip: Buffer): Promise<{ about: string; frames: number }> => {
  const folder = newFolder();
  await writeFile(join(folder, 'clip.mp4'), clip);
  const about = await new Promise<string>((resolve, reject) => {
    execFile(ffmpegPath, ['-nostdin', '-i', join(folder, 'clip.mp4'), '-f', 'null', '-'], (error, _, told) =>
      error ? reject(new Error(error.message)) : resolve(told),
    );
  });
  return { about, frames: Number([...about.matchAll(/frame=\s*(\d+)/g)].at(-1)?.[1]) };
};

const finished = (url: string, id: string): Promise<{ status: string; progress: number; error: unknown }> =>
  until('the job has ended', async () => {
    const job = (await (await fetch(`${url}/videos/${id}`)).json()) as {
      status: string;
      progress: number;
      error: unknown;
    };
    return job.status === 'completed' || job.status === 'failed' ? job : undefined;
  });

test('two prompts give two pictures of the size asked for, the same prompt the same picture', async () => {
  const [sea, city, again] = await Promise.all([
    draw('Wide shot: a boat at sea'),
    draw('Close-up: a robot in the city at night'),
    draw('Wide shot: a boat at sea'),
  ]);
  expect(sea.equals(again)).toBe(true);
  expect(sea.equals(city)).toBe(false);
  expect(await loadImage(sea)).toMatchObject({ width: 640, height: 360 });
});

test('an image asked for twice under one key is given again and counted once', async () => {
  const headers = { 'idempotency-key': 'image-1' };
  const first = await draw('a snow owl in the forest', headers);
  expect((await draw('a snow owl in the forest', headers)).equals(first)).toBe(true);
  expect((await studio.requests('a snow owl')).map((seen) => seen.replayed)).toEqual([false, true]);
});

test('a clip is H.264 with exactly the frames of its seconds, and the openai package makes it', async () => {
  const picture = await draw('Medium shot: a fox in the forest');
  const video = await client.videos.create({
    prompt: 'A fox.\nCamera: pan_left, fast',
    seconds: '2.5' as '4',
    size: '640x360' as '1280x720',
    input_reference: { image_url: `data:image/png;base64,${picture.toString('base64')}` },
  });
  expect(await finished(studio.url, video.id)).toMatchObject({ status: 'completed', progress: 100, error: null });
  const clip = Buffer.from(await (await client.videos.downloadContent(video.id)).arrayBuffer());
  const { about, frames } = await inspect(clip);
  expect(about).toMatch(/Video: h264.*yuv420p.*640x360.*24 fps/);
  expect(about).toMatch(/Duration: 00:00:02\.50/);
  expect(frames).toBe(60);
});

test('a picture may also be sent as a file, and without one the prompt is drawn', async () => {
  const picture = await draw('a house');
  const sent = await client.videos.create({
    prompt: 'a',
    seconds: '0.5' as '4',
    size: '320x180' as '1280x720',
    input_reference: await toFile(picture, 'a.png', { type: 'image/png' }),
  });
  const drawn = await client.videos.create({ prompt: 'a', seconds: '0.5' as '4', size: '320x180' as '1280x720' });
  for (const { id } of [sent, drawn]) expect((await finished(studio.url, id)).status).toBe('completed');
});

const submit = (prompt: string, headers: Record<string, string>, url = studio.url): Promise<{ id: string }> =>
  post(`${url}/videos`, { prompt, seconds: 0.5, size: '320x180' }, headers).then(
    (answer) => answer.json() as Promise<{ id: string }>,
  );

test('a video submitted twice at once under one key is one job', async () => {
  const headers = { 'idempotency-key': 'video-1' };
  const [first, second] = await Promise.all([submit('twins', headers), submit('twins', headers)]);
  expect(second.id).toBe(first.id);
  expect(await studio.jobs('twins')).toHaveLength(1);
  expect((await studio.requests('twins')).filter((seen) => !seen.replayed)).toHaveLength(1);
});

test('a submission whose answer was lost is found again under its key', async () => {
  await studio.plan({ match: 'lost answer', kind: 'video_submit', fault: { cut: 0 } });
  const headers = { 'idempotency-key': 'video-2' };
  await expect(submit('lost answer', headers)).rejects.toThrow();
  const { id } = await submit('lost answer', headers);
  expect((await studio.jobs('lost answer')).map((job) => job.id)).toEqual([id]);
});

test('video_failed ends the job as failed with an error', async () => {
  await studio.plan({ match: 'doomed', kind: 'video_submit', fault: { video_failed: true } });
  const { id } = await submit('doomed', {});
  expect(await finished(studio.url, id)).toMatchObject({
    status: 'failed',
    error: { code: 'video_generation_failed' },
  });
});

test('a deleted job is gone, but still counted', async () => {
  const { id } = await submit('unwanted', {});
  expect((await fetch(`${studio.url}/videos/${id}`, { method: 'DELETE' })).status).toBe(200);
  expect((await fetch(`${studio.url}/videos/${id}`)).status).toBe(404);
  expect(await studio.jobs('unwanted')).toMatchObject([{ deleted: true }]);
});

const main = join(__dirname, '../../dist/dev/studio/main.js');

/** Starts the studio's own program; ready when it has printed its one line. */
const launch = async (
  folder: string,
  flags: string[] = [],
): Promise<{ url: string; child: ChildProcess; ended: Promise<unknown> }> => {
  const args = [main, '--state-dir', folder, '--ffmpeg', ffmpegPath, '--exit-with-stdin', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
  for await (const line of createInterface({ input: child.stdout }))
    return { ...(JSON.parse(line) as { url: string }), child, ended };
  throw new Error('the studio ended without a word');
};

const paid = async (url: string): Promise<string[]> => {
  const seen = (await (await fetch(new URL('/studio/requests', url))).json()) as { kind: string; replayed: boolean }[];
  return seen.filter((each) => !each.replayed && each.kind !== 'video_poll').map((each) => each.kind);
};

test('a job survives kill -9 of the studio and is rendered under the same id, and nothing is paid twice', async () => {
  const folder = newFolder();
  const headers = { 'idempotency-key': 'survivor' };
  const first = await launch(folder, ['--video-delay-ms', '60000']);
  const { id } = await submit('a boat', headers, first.url);
  const image = await draw('a boat', { 'idempotency-key': 'picture' }, first.url);
  await until(
    'the job has begun',
    async () =>
      ((await (await fetch(`${first.url}/videos/${id}`)).json()) as { progress: number }).progress > 0 || undefined,
  );
  first.child.kill('SIGKILL');
  expect(await first.ended).toBe('SIGKILL');

  const second = await launch(folder);
  try {
    expect((await submit('a boat', headers, second.url)).id).toBe(id);
    expect((await draw('a boat', { 'idempotency-key': 'picture' }, second.url)).equals(image)).toBe(true);
    expect(await paid(second.url)).toEqual(['video_submit', 'image']);
    expect((await finished(second.url, id)).status).toBe('completed');
    const clip = await fetch(`${second.url}/videos/${id}/content`);
    expect((await inspect(Buffer.from(await clip.arrayBuffer()))).frames).toBe(12);
  } finally {
    second.child.stdin?.end();
    expect(await second.ended).toBe(0);
  }
});
