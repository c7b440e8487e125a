import { ServerError } from './errors';
import { readBody } from './http-fetch';
import { withOwnSignal } from './linked-signal';
import { openaiClient, type Endpoint } from './openai-client';
import type { ImageProvider, ImageRequest, Media } from './ports';

const TIMEOUT_MS = 300_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** Image generation of any OpenAI-compatible server that answers with base64 data. */
export class OpenAiImage implements ImageProvider {
  constructor(private readonly endpoint: Endpoint) {}

  generate(request: ImageRequest, signal: AbortSignal): Promise<Media> {
    return withOwnSignal(signal, (own) => this.ask(request, own));
  }

  private async ask(request: ImageRequest, signal: AbortSignal): Promise<Media> {
    try {
      const response = await openaiClient(this.endpoint, TIMEOUT_MS)
        .images.generate(
          { model: this.endpoint.model, prompt: request.prompt, size: request.size, n: 1 },
          { signal, headers: { 'Idempotency-Key': request.idempotencyKey } },
        )
        .asResponse();
      const body = JSON.parse((await readBody(response, MAX_BYTES)).toString('utf8')) as {
        data?: { b64_json?: string }[];
      };
      const encoded = body.data?.[0]?.b64_json;
      if (!encoded) throw new ServerError('it answered without an image');
      const bytes = Buffer.from(encoded, 'base64');
      return { bytes, mediaType: imageType(bytes) };
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  }
}

function imageType(bytes: Buffer): string {
  if (bytes.subarray(0, 4).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47]))) return 'image/png';
  if (bytes.subarray(0, 2).equals(Buffer.from([0xff, 0xd8]))) return 'image/jpeg';
  if (bytes.subarray(8, 12).toString('latin1') === 'WEBP') return 'image/webp';
  throw new ServerError('it answered with something that is no PNG, JPEG or WebP image');
}
