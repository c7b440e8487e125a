import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startStudio,
  type FaultRule,
  type SeenRequest,
  type Studio,
  type StudioOptions,
  type VideoJob,
} from '../../dev/studio';

export const ffmpegPath = process.env.STORYREEL_FFMPEG ?? 'ffmpeg';

/** A studio on a folder of its own for one test file. */
export class StudioUnderTest {
  private constructor(
    readonly studio: Studio,
    readonly folder: string,
  ) {}

  static async start(options: Partial<StudioOptions> = {}): Promise<StudioUnderTest> {
    const folder = await mkdtemp(join(tmpdir(), 'storyreel-studio-'));
    return new StudioUnderTest(await startStudio({ stateDir: folder, ffmpegPath, ...options }), folder);
  }

  get url(): string {
    return this.studio.url;
  }

  async stop(): Promise<void> {
    await this.studio.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  plan(rule: FaultRule): Promise<Response> {
    return post(new URL('/studio/faults', this.url).href, rule);
  }

  async requests(match: string): Promise<SeenRequest[]> {
    const answer = await fetch(new URL(`/studio/requests?match=${encodeURIComponent(match)}`, this.url));
    return (await answer.json()) as SeenRequest[];
  }

  async jobs(match: string): Promise<VideoJob[]> {
    const answer = await fetch(new URL(`/studio/jobs?match=${encodeURIComponent(match)}`, this.url));
    return (await answer.json()) as VideoJob[];
  }
}

export function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
    ...(signal === undefined ? {} : { signal }),
  });
}

export interface Streamed {
  text: string;
  tokens: string[];
  finish: string | null;
  usage: { completion_tokens: number } | null;
  done: boolean;
  /** The connection broke before the body ended. */
  broken: boolean;
  /** Pieces of the body as they were read. */
  reads: Uint8Array[];
}

/** Reads a chat stream to its end, however it ends. `onToken` is called with each token as it comes. */
export async function readStream(
  response: Response,
  onToken: (token: string) => void = () => undefined,
): Promise<Streamed> {
  const seen: Streamed = { text: '', tokens: [], finish: null, usage: null, done: false, broken: false, reads: [] };
  const decoder = new TextDecoder();
  let rest = '';
  const take = (line: string): void => {
    if (line === 'data: [DONE]') seen.done = true;
    else if (line.startsWith('data: ')) {
      const event = JSON.parse(line.slice(6)) as {
        choices: { delta: { content?: string | null }; finish_reason: string | null }[];
        usage?: Streamed['usage'];
      };
      const [choice] = event.choices;
      const token = choice?.delta.content;
      if (token) {
        seen.tokens.push(token);
        onToken(token);
      }
      seen.finish = choice?.finish_reason ?? seen.finish;
      seen.usage = event.usage ?? seen.usage;
    }
  };
  try {
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      seen.reads.push(bytes);
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(take);
    }
  } catch {
    seen.broken = true;
  }
  seen.text = seen.tokens.join('');
  return seen;
}
