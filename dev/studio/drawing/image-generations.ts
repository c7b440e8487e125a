import { z } from 'zod';
import { checked } from '../http/body';
import { header, reply, type Exchange } from '../http/exchange';
import type { JsonLines } from '../json-lines';
import { refuseImage } from '../strict';
import { drawPicture } from './draw-picture';
import { sizeOf } from './size';

const imageRequestSchema = z.looseObject({
  prompt: z.string().min(1).max(32_000),
  model: z.string().optional(),
  size: z.string().optional(),
  n: z.int().min(1).max(10).nullish(),
  response_format: z.literal('b64_json').nullish(),
});
export type ImageRequest = z.infer<typeof imageRequestSchema>;

/**
 * `POST /v1/images/generations`. For a known idempotency key it returns the first answer again, even after a restart.
 */
export class ImageGenerations {
  private readonly asked: Map<string, ImageRequest>;

  constructor(
    private readonly seed: number,
    private readonly strict: boolean,
    private readonly file: JsonLines<[key: string, request: ImageRequest]>,
  ) {
    this.asked = new Map(file.read());
  }

  async answer(exchange: Exchange): Promise<void> {
    if (this.strict) refuseImage(exchange.body as Record<string, unknown>);
    let request = checked(imageRequestSchema, exchange.body);
    const key = header(exchange.request, 'idempotency-key');
    if (key !== null) {
      const earlier = this.asked.get(key);
      exchange.seen.replayed = earlier !== undefined;
      if (earlier === undefined) {
        this.asked.set(key, request);
        this.file.append([key, request]);
      }
      request = earlier ?? request;
    }
    const size = sizeOf(request.size);
    const data = await Promise.all(
      Array.from({ length: request.n ?? 1 }, async (_, index) => {
        const png = await drawPicture(request.prompt, size, this.seed + index);
        return { b64_json: png.toString('base64') };
      }),
    );
    await reply(exchange, 200, { created: Math.floor(exchange.seen.at / 1000), data });
  }
}
