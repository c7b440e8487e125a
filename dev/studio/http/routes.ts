import type { ServerResponse } from 'node:http';
import { answerChat } from '../chat/chat-completions';
import type { ImageGenerations } from '../drawing/image-generations';
import type { RequestKind } from '../faults';
import type { StudioSettings } from '../options';
import type { VideoJob } from '../video/video-job';
import type { VideoJobs } from '../video/video-jobs';
import { deleteVideo, pollVideo, sendClip, submitVideo } from '../video/videos';
import { ApiError } from './api-error';
import { sendJson, type Exchange } from './exchange';

export interface Services {
  settings: StudioSettings;
  images: ImageGenerations;
  videos: VideoJobs;
}

/** The object and the handler of a request under `/v1`; `job` if it names a video that exists. */
export interface Route {
  kind: RequestKind;
  job?: VideoJob;
  answer: (exchange: Exchange) => Promise<void>;
}

/** Throws 404 for an unknown path and for an unknown video. */
export function routeOf(method: string, path: string, { settings, images, videos }: Services): Route {
  const named = /^(GET|DELETE) \/v1\/videos\/(\w+)(\/content)?$/.exec(`${method} ${path}`);
  if (named?.[2] !== undefined) {
    const job = videos.find(named[2]);
    if (job === undefined) throw new ApiError(404, `Video with id '${named[2]}' not found.`, 'not_found');
    if (named[1] === 'GET' && named[3] === undefined) {
      return { kind: 'video_poll', job, answer: (exchange) => pollVideo(exchange, videos, job) };
    }
    if (named[1] === 'GET')
      return { kind: 'video_content', job, answer: (exchange) => sendClip(exchange, videos, job) };
    if (named[3] === undefined)
      return { kind: 'video_delete', job, answer: (exchange) => deleteVideo(exchange, videos, job) };
  }
  switch (`${method} ${path}`) {
    case 'POST /v1/chat/completions':
      return { kind: 'chat', answer: (exchange) => answerChat(exchange, settings) };
    case 'POST /v1/images/generations':
      return { kind: 'image', answer: (exchange) => images.answer(exchange) };
    case 'POST /v1/videos':
      return { kind: 'video_submit', answer: (exchange) => submitVideo(exchange, videos, settings.strict) };
    default:
      throw new ApiError(404, `Invalid URL (${method} ${path})`, 'unknown_url');
  }
}

/** `GET /v1/models` */
export function listModels(response: ServerResponse): void {
  const ids = ['studio-writer', 'studio-painter', 'studio-camera'];
  const data = ids.map((id) => ({ id, object: 'model', created: 1_750_000_000, owned_by: 'storyreel' }));
  sendJson(response, 200, { object: 'list', data });
}
