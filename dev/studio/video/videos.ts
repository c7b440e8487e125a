import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { sizeOf } from '../drawing/size';
import { ApiError } from '../http/api-error';
import { checked } from '../http/body';
import { hangUp, header, reply, type Exchange } from '../http/exchange';
import type { VideoJobs } from './video-jobs';
import { refuseVideo } from '../strict';
import { videoResource, type VideoJob } from './video-job';

const videoRequestSchema = z.looseObject({
  prompt: z.string().min(1).max(32_000),
  model: z.string().default('studio-camera'),
  seconds: z.coerce
    .string()
    .default('4')
    .refine((text) => Number(text) >= 0.1 && Number(text) <= 60, 'must be from 0.1 to 60'),
  size: z.string().default('1280x720'),
  input_reference: z.looseObject({ image_url: z.string() }).optional(),
});

/** `POST /v1/videos` */
export async function submitVideo(exchange: Exchange, jobs: VideoJobs, strict: boolean): Promise<void> {
  if (strict) refuseVideo(exchange.body as Record<string, unknown>);
  const { prompt, model, seconds, size, input_reference } = checked(videoRequestSchema, exchange.body);
  const { width, height } = sizeOf(size);
  if (width % 2 !== 0 || height % 2 !== 0) throw new ApiError(400, `Invalid size '${size}': both must be even.`);
  const { job, replayed } = await jobs.submit({
    idempotencyKey: header(exchange.request, 'idempotency-key'),
    prompt,
    model,
    seconds,
    size,
    picture: input_reference === undefined ? null : pictureIn(input_reference.image_url),
    doomed: exchange.fault.video_failed === true,
  });
  exchange.seen.replayed = replayed;
  await reply(exchange, 200, videoResource(job, jobs.progressOf(job)));
}

/** `GET /v1/videos/:id` */
export async function pollVideo(exchange: Exchange, jobs: VideoJobs, job: VideoJob): Promise<void> {
  await reply(exchange, 200, videoResource(job, jobs.progressOf(job)));
}

/** `DELETE /v1/videos/:id`: stops the job if it still runs, and forgets it. */
export async function deleteVideo(exchange: Exchange, jobs: VideoJobs, job: VideoJob): Promise<void> {
  await jobs.delete(job);
  await reply(exchange, 200, { id: job.id, object: 'video.deleted', deleted: true });
}

/** `GET /v1/videos/:id/content`: the clip. */
export async function sendClip(exchange: Exchange, jobs: VideoJobs, job: VideoJob): Promise<void> {
  if (job.status !== 'completed')
    throw new ApiError(409, `Video '${job.id}' is ${job.status}, not completed.`, 'video_not_ready');
  const { response, fault } = exchange;
  const path = jobs.clipPath(job);
  const { size } = await stat(path);
  response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': size });
  const lost = fault.cut ?? fault.stall;
  if (lost === undefined) return pipeline(createReadStream(path), response);
  for await (const bytes of createReadStream(path, { end: lost }) as AsyncIterable<Buffer>) response.write(bytes);
  if (fault.cut !== undefined) response.write('', () => hangUp(response));
}

function pictureIn(url: string): Buffer {
  const data = /^data:image\/[\w+.-]+;base64,/.exec(url);
  if (data === null)
    throw new ApiError(400, "Invalid value at 'input_reference.image_url': it must be a base64 data URL.");
  return Buffer.from(url.slice(data[0].length), 'base64');
}
