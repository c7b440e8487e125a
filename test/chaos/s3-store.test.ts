import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mediaKey, openMediaStore, type MediaStore } from '../../src/storage';
import { ownKey, startGateway } from '../support/gateway';
import { describeMediaStore } from '../support/media-store-contract';
import { AWS_ENV, startS3Server, type S3Server } from '../support/s3-server';
import { startApp, testEnv } from '../support/services';
import { ownTopic, sha256, watchToEnd } from '../support/stories';
import { until } from '../support/until';

const BUCKET = `films-${randomUUID().slice(0, 8)}`;
let server: S3Server;
let folder: string;
let url: string;
let store: MediaStore;
const before = { ...process.env };

beforeAll(async () => {
  Object.assign(process.env, AWS_ENV);
  server = await startS3Server();
  folder = await mkdtemp(join(tmpdir(), 'storyreel-s3-'));
  url = await server.newBucket(BUCKET);
  store = await openMediaStore({ MEDIA_URL: url, MEDIA_DIR: folder, MEDIA_FREE_MB: 0 });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
  process.env = before;
});

describeMediaStore('a bucket', 'MEDIA_URL', () => store);

/** The bucket's clock counts seconds. */
const aSecondLater = (from = Date.now()) => until('another second', () => Date.now() > from + 1_100);

describe('Objects in the bucket', () => {
  test('lie below the prefix, and what others put beside them is not ours', async () => {
    const { key } = await store.put(Buffer.from('ours'), 'image/png');
    const client = new S3Client({ endpoint: server.endpoint, forcePathStyle: true });
    const others = ['media/README', 'elsewhere/x', `media/aa/${'b'.repeat(64)}.png`];
    for (const Key of others) await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'theirs' }));
    expect((await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: `media/${key}` }))).ContentType).toBe(
      'image/png',
    );
    const keys: string[] = [];
    for await (const file of store.list()) keys.push(file.key);
    expect(keys).toContain(key);
    expect(others.filter((other) => keys.some((each) => other.endsWith(each)))).toEqual([]);
    client.destroy();
  });

  test('and uploads of others stay when unfinished work is removed', async () => {
    const client = new S3Client({ endpoint: server.endpoint, forcePathStyle: true });
    const ours = `media/${mediaKey(sha256('an upload that ended'), 'video/mp4')}`;
    const theirs = ['media/theirs.mp4', 'elsewhere/theirs.mp4'];
    for (const Key of [ours, ...theirs]) await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'media/removing/README', Body: 'theirs' }));
    expect(await store.removeWork(new Date(Date.now() + 60_000))).toBe(1);
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
    expect(Uploads?.map(({ Key }) => Key).sort()).toEqual([...theirs].sort());
    await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'media/removing/README' }));
    client.destroy();
  });

  test('whose bytes were changed are not taken for what their name states', async () => {
    const { key } = await store.put(Buffer.from('a picture'), 'image/png');
    const client = new S3Client({ endpoint: server.endpoint, forcePathStyle: true });
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `media/${key}`, Body: 'b picture' }));
    client.destroy();
    await expect(store.read(key)).rejects.toMatchObject({ type: 'Media.Unavailable' });
    await expect(store.localPath(key, folder)).rejects.toMatchObject({ type: 'Media.Unavailable' });
  });

  test('are removed only if nobody has stored them since', async () => {
    const bytes = Buffer.from('to be removed');
    const { key } = await store.put(bytes, 'image/png');
    await aSecondLater();
    const limit = new Date();
    await aSecondLater();
    await store.put(bytes, 'image/png');
    expect(await store.remove(key, limit)).toBe(false);
    expect(await store.read(key)).toEqual(bytes);
    expect(await store.remove(key, new Date(Date.now() + 60_000))).toBe(true);
    expect(await store.has(key)).toBe(false);
    expect(await store.remove(key, new Date(Date.now() + 60_000))).toBe(false);
  });

  test('that are stored again at any moment of their removal are there', async () => {
    const rounds = Array.from({ length: 24 }, (_, i) => ({ bytes: Buffer.from(`picture ${i}`), later: i % 6 }));
    const keys = await Promise.all(rounds.map(async ({ bytes }) => (await store.put(bytes, 'image/png')).key));
    await aSecondLater();
    const limit = new Date();
    await aSecondLater();
    for (const [i, { bytes, later }] of rounds.entries()) {
      const removing = store.remove(keys[i] ?? '', limit);
      for (let step = 0; step < later; step++) await store.has(keys[i] ?? '');
      await Promise.all([store.put(bytes, 'image/png'), removing]);
      expect(await store.read(keys[i] ?? '')).toEqual(bytes);
    }
    expect(await store.removeWork(new Date(Date.now() + 60_000))).toBe(0);
  });

  test('in a bucket that nobody has, or whose server is away, are Media.Unavailable, without the address', async () => {
    const closed = 's3://films/x?region=us-east-1&endpoint=http://127.0.0.1:1';
    for (const MEDIA_URL of [url.replace(BUCKET, 'no-such-bucket'), closed]) {
      const other = await openMediaStore({ MEDIA_URL, MEDIA_DIR: folder, MEDIA_FREE_MB: 0 });
      const failure = await other.probe().catch((error: unknown) => error as Error);
      expect(failure).toMatchObject({
        type: 'Media.Unavailable',
        message: expect.stringContaining('MEDIA_URL') as string,
      });
      expect((failure as Error).message).not.toContain('127.0.0.1');
    }
  });
});

test('A film whose media are in a bucket is made, and fetched in parts over HTTP', async () => {
  const MEDIA_URL = await server.newBucket(`film-${randomUUID().slice(0, 8)}`);
  const env = testEnv({ MEDIA_URL, MEDIA_DIR: folder });
  const app = await startApp(env);
  const gateway = await startGateway(env);
  const { owner, secret } = await ownKey(app);
  const projectId = await app.client.create({ topic: ownTopic().topic, owner, settings: { scenes: 2 } });
  await app.client.start(projectId);
  expect((await watchToEnd(app.client, projectId)).at(-1)?.type).toBe('pipeline_done');
  const { film } = await app.client.status(projectId);
  const media = `${gateway.url}/v1/projects/${projectId}/media/${film?.sha256}`;
  const headers = { authorization: `Bearer ${secret}` };
  const whole = Buffer.from(await (await fetch(media, { headers })).arrayBuffer());
  expect(sha256(whole)).toBe(film?.sha256);
  const part = await fetch(media, { headers: { ...headers, range: 'bytes=10-99' } });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-99/${whole.length}`]);
  expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(10, 100))).toBe(true);
  // What ffmpeg worked on has left this machine.
  expect(await readdir(join(folder, 'work'))).toEqual([]);
  await gateway.stop();
  await app.close();
});
