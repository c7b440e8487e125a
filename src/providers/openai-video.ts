import { NotFoundError, type OpenAI } from 'openai';
import type { Video } from 'openai/resources/videos';
import { readBody } from './http-fetch';
import { forOneCall, openaiClient, type Endpoint } from './openai-client';
import type { Media, VideoJob, VideoProvider, VideoRequest } from './ports';

const TIMEOUT_MS = 120_000;
/** A question after a job is answered at once, or it is lost and asked again. */
const POLL_TIMEOUT_MS = 30_000;
const MAX_JSON_BYTES = 1024 * 1024;
const MAX_CLIP_BYTES = 1024 * 1024 * 1024;

/** Video jobs in the shape of OpenAI's videos API. The reference image travels as a data URL in the JSON body. */
export class OpenAiVideo implements VideoProvider {
  private readonly client: OpenAI;

  constructor(private readonly endpoint: Endpoint) {
    this.client = openaiClient(endpoint, TIMEOUT_MS);
  }

  async submit(request: VideoRequest, signal: AbortSignal): Promise<VideoJob> {
    const { image } = request;
    return this.json(
      this.client.post('/videos', {
        body: {
          model: this.endpoint.model,
          prompt: request.prompt,
          seconds: String(request.seconds),
          size: request.size,
          input_reference: { image_url: `data:${image.mediaType};base64,${image.bytes.toString('base64')}` },
        },
        headers: { 'Idempotency-Key': request.idempotencyKey },
        signal: forOneCall(signal),
      }),
      signal,
    );
  }

  async poll(jobId: string, signal: AbortSignal): Promise<VideoJob> {
    return this.json(
      this.client.videos.retrieve(jobId, { signal: forOneCall(signal), timeout: POLL_TIMEOUT_MS }),
      signal,
    );
  }

  async download(jobId: string, signal: AbortSignal): Promise<Media> {
    try {
      const response = await this.client.videos
        .downloadContent(jobId, undefined, { signal: forOneCall(signal) })
        .asResponse();
      const bytes = await readBody(response, MAX_CLIP_BYTES);
      return { bytes, mediaType: response.headers.get('content-type')?.split(';')[0] ?? 'video/mp4' };
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  }

  async cancel(jobId: string, signal: AbortSignal): Promise<boolean> {
    try {
      const { status } = await this.poll(jobId, signal);
      if (status === 'completed') return false;
      if (status === 'failed') return true;
      const response = await this.client.videos.delete(jobId, { signal: forOneCall(signal) }).asResponse();
      await readBody(response, MAX_JSON_BYTES);
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return true;
      throw signal.aborted ? signal.reason : error;
    }
  }

  private async json(call: { asResponse(): Promise<Response> }, signal: AbortSignal): Promise<VideoJob> {
    try {
      const body = await readBody(await call.asResponse(), MAX_JSON_BYTES);
      return jobOf(JSON.parse(body.toString('utf8')) as Video);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  }
}

function jobOf(video: Video): VideoJob {
  switch (video.status) {
    case 'completed':
      return { status: 'completed', jobId: video.id };
    case 'failed':
      return { status: 'failed', jobId: video.id, message: video.error?.message ?? 'the provider gave no reason' };
    case 'queued':
    case 'in_progress':
      return { status: 'running', jobId: video.id, progress: video.progress ?? 0 };
  }
}
