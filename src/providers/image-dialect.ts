import { sizeOption } from './frame-size';
import type { Body } from './learned-parameters';

/** How a service takes the order of a picture, and where it can be asked for one that is a job. */
export interface ImageDialect {
  /** The header of the key, if it is not the usual one. */
  readonly keyHeader?: string;
  /** The end of the names of its hosts, if its jobs are at other hosts than its base URL's. */
  readonly keyDomain?: string;
  /** What each order has beside the key. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly order: (model: string, prompt: string, size: string) => { readonly path: string; readonly body: Body };
  /** The paths below its base URL where a job may be. The address that an answer states counts for more. */
  readonly jobs: (id: string) => readonly string[];
}

/** Source: OpenAI's images API. It has no jobs, but services and gateways that took it over have some. */
export const OPENAI_IMAGES: ImageDialect = {
  order: (model, prompt, size) => ({ path: '/images/generations', body: { model, prompt, size, n: 1 } }),
  jobs: (id) => [`/images/generations/${encodeURIComponent(id)}`, `/tasks/${encodeURIComponent(id)}`],
};

/** FLUX at Black Forest Labs, whose jobs are at the host that took the order. Source: docs.bfl.ai. */
export const BFL_IMAGES: ImageDialect = {
  keyHeader: 'x-key',
  keyDomain: '.bfl.ai',
  order: (model, prompt, size) => {
    const { width, height } = sizeOption(size) ?? {};
    return {
      path: `/${encodeURIComponent(model)}`,
      body: { prompt, ...(width !== undefined && { width, height }), output_format: 'png' },
    };
  },
  jobs: (id) => [`/get_result?id=${encodeURIComponent(id)}`],
};

/** Wan and Qwen at Alibaba's DashScope, as asynchronous tasks. Source: its text2image API. */
export const DASHSCOPE_IMAGES: ImageDialect = {
  headers: { 'X-DashScope-Async': 'enable' },
  order: (model, prompt, size) => ({
    path: '/services/aigc/text2image/image-synthesis',
    body: { model, input: { prompt }, parameters: { size: size.replace('x', '*'), n: 1 } },
  }),
  jobs: (id) => [`/tasks/${encodeURIComponent(id)}`],
};
