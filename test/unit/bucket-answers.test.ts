import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isOutage } from '../../src/activities/lanes/outage';
import { mediaKey, openMediaStore, type MediaStore } from '../../src/storage';
import { bucketAddress } from '../../src/media-url';
import { Bucket } from '../../src/storage/s3-bucket';
import { S3Store } from '../../src/storage/s3-store';
import { newFolder } from '../support/new-folder';
import { until } from '../support/until';
import { refusal, StrictBucket } from '../support/strict-bucket';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'storyreel-test', AWS_SECRET_ACCESS_KEY: 'storyreel-test-secret' };
const BYTES = Buffer.from('a picture');
const KEY = mediaKey(createHash('sha256').update(BYTES).digest('hex'), 'image/png');
const before = { ...process.env };
const SOON = () => new Date(Date.now() + 60_000);

let folder: string;
let bucket: StrictBucket;
let store: MediaStore;

beforeEach(async () => {
  Object.assign(process.env, CREDENTIALS);
  folder = newFolder();
  bucket = await StrictBucket.start();
  store = await openMediaStore({ MEDIA_URL: bucket.url, MEDIA_DIR: folder, MEDIA_FREE_MB: 0 });
});
afterEach(async () => {
  await bucket.close();
  process.env = { ...before };
});

const failureOf = (work: Promise<unknown>) => work.then(fail, (error: unknown) => error as Error);
function fail(): never {
  throw new Error('it did not fail');
}

test('A file of this machine is sent again if the bucket asks for fewer requests, and nothing is printed', async () => {
  const warned = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  bucket.refuses = ({ name }, earlier) =>
    name === 'PutObject' && earlier === 0 ? refusal(503, 'SlowDown') : undefined;
  const path = join(await store.workFolder(), 'film.mp4');
  await writeFile(path, BYTES);
  const { key } = await store.take(path, 'image/png');
  expect(bucket.objects.get(key)?.body).toEqual(BYTES);
  expect(warned).not.toHaveBeenCalled();
});

test('An object that is not there, or holds other bytes, is no outage that ends by itself', async () => {
  expect(isOutage(await failureOf(store.read(KEY)))).toBe(false);
  bucket.objects.set(KEY, { body: Buffer.from('b picture'), at: new Date() });
  expect(isOutage(await failureOf(store.read(KEY)))).toBe(false);
  bucket.refuses = () => refusal(404, 'NoSuchBucket');
  expect(isOutage(await failureOf(store.read(KEY)))).toBe(true);
});

test('An object that cannot be copied, in cold storage or by the rules of the server, is written again', async () => {
  for (const given of [
    refusal(403, 'InvalidObjectState'),
    refusal(501, 'NotImplemented'),
    refusal(200, 'InternalError'),
  ]) {
    bucket.objects.set(KEY, { body: BYTES, at: new Date(0) });
    bucket.asked.length = 0;
    bucket.refuses = ({ name }) => (name === 'CopyObject' ? given : undefined);
    await store.put(BYTES, 'image/png');
    expect(bucket.names).toContain('PutObject');
    expect(bucket.objects.get(KEY)?.at.getTime()).toBeGreaterThan(0);
  }
});

test('A copy within the second of the object that was there counts as none: HEAD states whole seconds', async () => {
  const at = new Date(Math.floor(Date.now() / 1000) * 1000);
  bucket.objects.set(KEY, { body: BYTES, at });
  bucket.refuses = ({ name }) =>
    name === 'CopyObject'
      ? {
          status: 200,
          body: `<CopyObjectResult><LastModified>${new Date(at.getTime() + 999).toISOString()}</LastModified></CopyObjectResult>`,
        }
      : undefined;
  await store.put(BYTES, 'image/png');
  expect(bucket.names).toContain('PutObject');
});

test('A removal whose end nobody knows leaves its mark, so that whoever stores the object waits for it', async () => {
  bucket.objects.set(KEY, { body: BYTES, at: new Date(0) });
  bucket.refuses = ({ name, key }) =>
    name === 'DeleteObject' && key === KEY ? refusal(403, 'AccessDenied') : undefined;
  expect(await failureOf(store.remove(KEY, SOON()))).toMatchObject({ type: 'Media.Unavailable' });
  expect([...bucket.objects.keys()]).toEqual([KEY, `removing/${KEY}`]);
});

test('A removal that takes too long is given up, and leaves its mark', async () => {
  bucket.objects.set(KEY, { body: BYTES, at: new Date(0) });
  bucket.refuses = ({ name, key }) =>
    name === 'DeleteObject' && key === KEY ? new Promise(() => undefined) : undefined;
  const hasty = new S3Store(await Bucket.open(bucketAddress(bucket.url)), folder, 0, 200);
  expect(await failureOf(hasty.remove(KEY, SOON()))).toMatchObject({ type: 'Media.Unavailable' });
  expect([...bucket.objects.keys()]).toEqual([KEY, `removing/${KEY}`]);
});

test('A bucket that may not be listed is found out before anything is paid', async () => {
  await store.probe();
  expect([...bucket.objects.keys()]).toEqual([]);
  bucket.refuses = ({ name, key }) =>
    name === 'HeadObject' && !bucket.objects.has(key) ? refusal(403, 'AccessDenied') : undefined;
  const failure = await failureOf(store.probe());
  expect(failure).toMatchObject({
    type: 'Media.Unavailable',
    message: expect.stringContaining('s3:ListBucket') as string,
  });
});

test('A bucket in another region is named with its region', async () => {
  bucket.refuses = () => refusal(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-central-1' });
  const { message } = await failureOf(store.probe());
  expect(message).toContain('PermanentRedirect');
  expect(message).toContain('region=eu-central-1');
});

test('Without a region nothing is begun', async () => {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) delete process.env[name];
  Object.assign(process.env, { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' });
  const opened = openMediaStore({ MEDIA_URL: 's3://films', MEDIA_DIR: folder, MEDIA_FREE_MB: 0 });
  expect(await failureOf(opened)).toMatchObject({
    type: 'Config.Invalid',
    message: expect.stringContaining('region') as string,
  });
});

test('A server that lists no uploads in parts has its other unfinished work removed', async () => {
  bucket.objects.set(`removing/${KEY}`, { body: BYTES, at: new Date(0) });
  bucket.refuses = ({ name }) => (name === 'ListMultipartUploads' ? refusal(501, 'NotImplemented') : undefined);
  expect(await store.removeWork(SOON())).toBe(1);
  expect(bucket.names).toContain('ListMultipartUploads');
});

test('A large request is sent without waiting for a server that never asks for its rest', async () => {
  await store.put(Buffer.alloc(3_000_000), 'image/png');
  expect(bucket.waited).toBe(0);
});

test('A clock that is wrong is set right by what the server states, and named if it states nothing', async () => {
  const skewed = (headers?: Record<string, string>) => refusal(403, 'RequestTimeTooSkewed', headers);
  bucket.refuses = (_asked, earlier) =>
    earlier === 0 ? skewed({ date: new Date(Date.now() + 20 * 60_000).toUTCString() }) : undefined;
  await store.probe();
  bucket.refuses = () => skewed();
  expect((await failureOf(store.probe())).message).toContain('clock');
});

test('Credentials that never come are stated', async () => {
  for (const name of Object.keys(CREDENTIALS)) delete process.env[name];
  const profile = join(folder, 'config');
  await writeFile(profile, '[default]\ncredential_process = sleep 3\n');
  Object.assign(process.env, { AWS_CONFIG_FILE: profile, AWS_SHARED_CREDENTIALS_FILE: profile });
  const waiting = await Bucket.open(bucketAddress(bucket.url), 50);
  expect((await failureOf(waiting.find(KEY))).message).toContain('credentials');
});

test('However many viewers are slow, the next request is answered', async () => {
  bucket.objects.set(KEY, { body: BYTES, at: new Date() });
  bucket.refuses = ({ name }) => (name === 'GetObject' ? new Promise(() => undefined) : undefined);
  const viewers = Array.from({ length: 60 }, () => store.stream(KEY).catch(() => undefined));
  await until('all of them wait', () => bucket.asked.length >= 50);
  expect(await store.has(KEY)).toBe(true);
  await bucket.close();
  await Promise.all(viewers);
});

test('The whole of an object is not taken for the part that was asked for', async () => {
  bucket.objects.set(KEY, { body: BYTES, at: new Date() });
  for (const part of [
    { start: 2, end: 3 },
    { start: 0, end: 3 },
  ]) {
    expect(await failureOf(store.stream(KEY, part))).toMatchObject({ type: 'Media.Unavailable' });
  }
  expect(await text(await store.stream(KEY, { start: 0, end: BYTES.length - 1 }))).toBe('a picture');
  bucket.refuses = () => ({ status: 206, headers: { 'content-range': 'bytes 2-3/9' }, body: 'pi' });
  expect(await text(await store.stream(KEY, { start: 2, end: 3 }))).toBe('pi');
});

test('Objects lie below any prefix but one that servers take for another', async () => {
  const beside = (prefix: string) => bucket.url.replace('media', prefix);
  const odd = await openMediaStore({ MEDIA_URL: beside('media/a%20b+%25'), MEDIA_DIR: folder, MEDIA_FREE_MB: 0 });
  const { key } = await odd.put(BYTES, 'image/png');
  expect([...bucket.objects.keys()]).toEqual([`a b+%/${key}`]);
  for (const prefix of ['a//b', './a', 'a/../b', '%2e%2e']) {
    expect(() => bucketAddress(beside(prefix))).toThrow('prefix');
  }
});

test('A page of a proxy in place of an answer is stated with its status', async () => {
  bucket.refuses = () => ({
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<html><hr>Bad Gateway</html>',
  });
  const { message } = await failureOf(store.probe());
  expect(message).toContain('502');
});

test('A file in parts whose end fails behind a status of 200 is not taken for stored', async () => {
  const film = Buffer.alloc(17 * 1024 * 1024, 'film');
  bucket.refuses = ({ name }) => (name === 'CompleteMultipartUpload' ? refusal(200, 'InternalError') : undefined);
  expect(await failureOf(store.put(film, 'video/mp4'))).toMatchObject({ type: 'Media.Unavailable' });
  expect(bucket.names.at(-1)).toBe('AbortMultipartUpload');
  bucket.refuses = ({ name }, earlier) =>
    name === 'CompleteMultipartUpload' && earlier === 3 ? refusal(200, 'InternalError') : undefined;
  const { key } = await store.put(film, 'video/mp4');
  expect(bucket.objects.get(key)?.body.length).toBe(film.length);
});
