import { NotFoundError, type OpenAI } from 'openai';
import type { Video } from 'openai/resources/videos';
import { pourBody, readBody } from './http-fetch';
import { withOwnSignal } from './linked-signal';
import { openaiClient, type Endpoint } from './openai-client';
import type { TakeBytes, VideoJob, VideoProvider, VideoRequest } from './ports';

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

  submit(request: VideoRequest, signal: AbortSignal): Promise<VideoJob> {
    const { image } = request;
    return this.json(signal, (own) =>
      this.client.post('/videos', {
        body: {
          model: this.endpoint.model,
          prompt: request.prompt,
          seconds: String(request.seconds),
          size: request.size,
          input_reference: { image_url: `data:${image.mediaType};base64,${image.bytes.toString('base64')}` },
        },
        headers: { 'Idempotency-Key': request.idempotencyKey },
        signal: own,
      }),
    );
  }

  poll(jobId: string, signal: AbortSignal): Promise<VideoJob> {
    return this.json(signal, (own) => this.client.videos.retrieve(jobId, { signal: own, timeout: POLL_TIMEOUT_MS }));
  }

  download(jobId: string, take: TakeBytes, signal: AbortSignal): Promise<void> {
    return this.call(signal, async (own) => {
      const response = await this.client.videos.downloadContent(jobId, undefined, { signal: own }).asResponse();
      await pourBody(response, MAX_CLIP_BYTES, take);
    });
  }

  async cancel(jobId: string, signal: AbortSignal): Promise<boolean> {
    try {
      const { status } = await this.poll(jobId, signal);
      if (status === 'completed') return false;
      if (status === 'failed') return true;
      await this.call(signal, async (own) =>
        readBody(await this.client.videos.delete(jobId, { signal: own }).asResponse(), MAX_JSON_BYTES),
      );
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return true;
      throw error;
    }
  }

  private json(
    signal: AbortSignal,
    ask: (signal: AbortSignal) => { asResponse(): Promise<Response> },
  ): Promise<VideoJob> {
    return this.call(signal, async (own) => {
      const body = await readBody(await ask(own).asResponse(), MAX_JSON_BYTES);
      return jobOf(JSON.parse(body.toString('utf8')) as Video);
    });
  }

  /** A job is polled thousands of times: nothing of a call may be left on the signal that lives as long as the job. */
  private call<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withOwnSignal(signal, work).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    });
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
