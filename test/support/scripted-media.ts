import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of a scripted provider. */
export interface Reply {
  readonly status?: number;
  readonly json?: unknown;
  readonly body?: Buffer | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection breaks instead: before the head, or after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Of the files that the test has made. */
  readonly file?: string;
}

/** What an answer may depend on. */
export interface Asked {
  readonly body: Readonly<Record<string, unknown>>;
  /** Of the job that is submitted or asked for. */
  readonly id: string;
  /** Origins of the provider, and of another server that has the same files. */
  readonly own: string;
  readonly other: string;
  /** What the job's clip was ordered with. */
  readonly seconds: string;
}

export type Script = readonly (Reply | ((asked: Asked) => Reply))[];
type Kind = 'image' | 'look' | 'submit' | 'poll' | 'content';

/** What each kind of request is answered with, one after the other; the last one stays. */
export type Scripts = Readonly<Partial<Record<Kind, Script>>>;

interface Tale {
  readonly scripts: Scripts;
  readonly asked: Record<Kind, number>;
  /** Answers for which a real provider would send a bill: all that were not refused. */
  readonly paid: { images: number; clips: number };
}

const DEFAULTS: Record<Kind, (asked: Asked) => Reply> = {
  image: () => ({ file: 'picture.png' }),
  look: () => ({ file: 'picture.png' }),
  submit: ({ id }) => ({ json: { id, object: 'video', status: 'queued', progress: 0 } }),
  poll: ({ id }) => ({ json: { id, object: 'video', status: 'completed', progress: 100 } }),
  content: ({ seconds }) => ({ file: `clip-${seconds}.mp4` }),
};

/**
 * A provider of images and clips that answers as a script says. The script is found by a word that is in the prompt, and by
 * the job from then on, so that many runs may share it.
 */
export class ScriptedMedia {
  private readonly tales = new Map<string, Tale>();
  private readonly jobs = new Map<string, { readonly tale: Tale; readonly seconds: string }>();
  private own = '';
  private other = '';
  private servers: Server[] = [];

  /** `fileOf` gives a file by its name. */
  constructor(private readonly fileOf: (name: string) => Promise<Buffer>) {}

  async start(): Promise<void> {
    const answer = (work: (request: IncomingMessage, response: ServerResponse) => Promise<void>) =>
      createServer((request, response) => {
        work(request, response).catch((error: Error) => response.writeHead(500).end(error.message));
      });
    this.servers = [answer((...both) => this.answer(...both)), answer((...both) => this.serve(...both))];
    const [own = '', other = ''] = await Promise.all(
      this.servers.map(async (server) => {
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      }),
    );
    this.own = own;
    this.other = other;
  }

  get baseUrl(): string {
    return `${this.own}/v1`;
  }

  get otherHost(): string {
    return new URL(this.other).host;
  }

  tell(mark: string, scripts: Scripts): Tale {
    const tale = {
      scripts,
      asked: { image: 0, look: 0, submit: 0, poll: 0, content: 0 },
      paid: { images: 0, clips: 0 },
    };
    this.tales.set(mark, tale);
    return tale;
  }

  async stop(): Promise<void> {
    for (const server of this.servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.own);
    const body = await bodyOf(request);
    const [, id, content] = /^\/v1\/videos\/([\w-]+)(\/content)?$/.exec(pathname) ?? [];
    if (id !== undefined) {
      const job = this.jobs.get(id);
      if (!job) return send(response, { status: 404, json: { error: { message: 'not found' } } });
      return this.reply(
        content === undefined ? 'poll' : 'content',
        job.tale,
        { body, id, seconds: job.seconds },
        response,
      );
    }
    const [, picture] = /^\/v1\/images\/generations\/([\w-]+)$/.exec(pathname) ?? [];
    if (picture !== undefined) {
      const job = this.jobs.get(picture);
      if (!job) return send(response, { status: 404, json: { error: { message: 'not found' } } });
      return this.reply('look', job.tale, { body, id: picture, seconds: '' }, response);
    }
    if (pathname.startsWith('/files/')) return this.serve(request, response);
    const prompt = JSON.stringify(body);
    const tale = [...this.tales].find(([mark]) => prompt.includes(mark))?.[1];
    if (!tale) return send(response, { status: 404, json: { error: { message: `no script for ${prompt}` } } });
    const job = `job-${this.jobs.size + 1}`;
    const isImage = pathname === '/v1/images/generations';
    const seconds = isImage ? '' : String(body['seconds']);
    this.jobs.set(job, { tale, seconds });
    return this.reply(isImage ? 'image' : 'submit', tale, { body, id: job, seconds }, response);
  }

  private async reply(
    kind: Kind,
    tale: Tale,
    asked: Omit<Asked, 'own' | 'other'>,
    response: ServerResponse,
  ): Promise<void> {
    const script = tale.scripts[kind] ?? [];
    const step = script[Math.min(tale.asked[kind], script.length - 1)] ?? DEFAULTS[kind];
    tale.asked[kind] += 1;
    const reply = typeof step === 'function' ? step({ ...asked, own: this.own, other: this.other }) : step;
    const isRefused = (reply.status ?? 200) >= 400;
    if (kind === 'image' && !isRefused) tale.paid.images += 1;
    if (kind === 'submit' && !isRefused) tale.paid.clips += 1;
    if (reply.file === undefined) return send(response, reply);
    const bytes = await this.fileOf(reply.file);
    if (kind !== 'image' && kind !== 'look')
      return send(response, { ...reply, body: bytes, headers: { 'content-type': 'video/mp4' } });
    return send(response, { ...reply, json: { created: 1, data: [{ b64_json: bytes.toString('base64') }] } });
  }

  /** Files by their names. A signed address takes no key beside its own. */
  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.own);
    if (request.headers.authorization !== undefined) {
      return send(response, { status: 400, json: { error: { message: 'only one way to authenticate is allowed' } } });
    }
    const next = searchParams.get('next');
    if (next !== null) return send(response, { status: 302, headers: { location: next } });
    const bytes = await this.fileOf(pathname.split('/').at(-1) ?? '');
    // Many stores serve every picture under one type.
    return send(response, { body: bytes, headers: { 'content-type': 'image/png' } });
  }
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const text = Buffer.concat(parts).toString('utf8');
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

function send(response: ServerResponse, { status = 200, json, body, headers, cutAfter }: Reply): void {
  const bytes = Buffer.from(json === undefined ? (body ?? '') : JSON.stringify(json));
  if (cutAfter === 0) return void response.destroy();
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, ...headers, 'content-length': bytes.length });
  if (cutAfter === undefined) return void response.end(bytes);
  response.write(bytes.subarray(0, cutAfter), () => response.destroy());
}
