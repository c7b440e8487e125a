import { firstText } from './answer-fields';
import { sizeOption } from './frame-size';
import type { Body } from './learned-parameters';
import type { GivenLimits } from './model-limits';
import type { VideoRequest } from './ports';

/** How a service takes the order of a clip, and where its jobs and clips are. All paths are below its base URL. */
export interface JobDialect {
  /** The header of the key, if it is not the usual one. */
  readonly keyHeader?: string;
  /** What its models offer, unless the provider's row states it. */
  readonly limits?: GivenLimits;
  readonly submit: (model: string, request: VideoRequest) => { readonly path: string; readonly body: Body };
  readonly job: (id: string) => string;
  /** Present if clips are also at a path of their own. */
  readonly clip?: (id: string) => string;
  /** Present if jobs can be ended. */
  readonly end?: (id: string) => string;
  /** Present if a finished job names a file, and the answer at this path the address of the file. */
  readonly file?: { readonly path: (answer: unknown) => string | undefined; readonly address: string };
}

const ofVideos = (id: string) => `/videos/${encodeURIComponent(id)}`;

/** Source: OpenAI's videos API, which many services and gateways have. */
export const OPENAI_JOBS: JobDialect = {
  submit: (model, { prompt, image, order }) => ({
    path: '/videos',
    body: {
      model,
      prompt,
      seconds: String(order.seconds),
      size: order.size,
      input_reference: { image_url: dataUrl(image) },
    },
  }),
  job: ofVideos,
  clip: (id) => `${ofVideos(id)}/content`,
  end: ofVideos,
};

/** Veo at the Gemini API. Source: its `predictLongRunning`. A clip of 1080 lines must last 8 seconds. */
export const VEO_JOBS: JobDialect = {
  keyHeader: 'x-goog-api-key',
  limits: { sizes: ['1280x720', '720x1280'], seconds: [4, 6, 8] },
  submit: (model, { prompt, image, order, wanted }) => {
    const { width, height, lines } = shapeOf(order.size, wanted.size);
    const frame = { bytesBase64Encoded: image.bytes.toString('base64'), mimeType: image.mediaType };
    const shape = { aspectRatio: width < height ? '9:16' : '16:9', resolution: `${lines}p` };
    return {
      path: `/models/${encodeURIComponent(model)}:predictLongRunning`,
      body: { instances: [{ prompt, image: frame }], parameters: { ...shape, durationSeconds: order.seconds } },
    };
  },
  job: (id) => `/${id.split('/').map(encodeURIComponent).join('/')}`,
};

/** Hailuo at MiniMax. Source: its `video_generation`. A clip of 1080 lines lasts 6 seconds at the most. */
export const MINIMAX_JOBS: JobDialect = {
  limits: { sizes: ['1366x768', '768x1366'], seconds: [6, 10] },
  submit: (model, { prompt, image, order, wanted }) => ({
    path: '/video_generation',
    body: {
      model,
      prompt,
      first_frame_image: dataUrl(image),
      duration: order.seconds,
      resolution: `${shapeOf(order.size, wanted.size).lines}P`,
    },
  }),
  job: (id) => `/query/video_generation?task_id=${encodeURIComponent(id)}`,
  file: {
    path: (answer) => {
      const id = firstText(answer, ['file_id']);
      return id === undefined ? undefined : `/files/retrieve?file_id=${encodeURIComponent(id)}`;
    },
    address: 'file.download_url',
  },
};

function dataUrl({ mediaType, bytes }: VideoRequest['image']): string {
  return `data:${mediaType};base64,${bytes.toString('base64')}`;
}

/** Such services call a size by its shorter side. */
function shapeOf(ordered: string, wanted: string): { readonly width: number; readonly height: number; lines: number } {
  const { width, height } = sizeOption(ordered) ?? sizeOption(wanted) ?? { width: 1280, height: 720 };
  return { width, height, lines: Math.min(width, height) };
}
