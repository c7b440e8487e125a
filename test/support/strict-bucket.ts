import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Asked {
  /** What AWS calls the request, such as `PutObject`. */
  readonly name: string;
  readonly key: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What S3 answers if it refuses: HEAD has no body. */
export const refusal = (status: number, code: string, headers?: Answer['headers']): Answer => ({
  status,
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>no</Message></Error>`,
  ...(headers && { headers }),
});

/**
 * A bucket that answers what AWS documents, and what no server that tests can start ever answers: a redirect to a region, a
 * failure behind a status of 200, an object in cold storage. It has no rules of its own. What a server can be asked is
 * tried at servers (test/chaos/s3-store.test.ts).
 */
export class StrictBucket {
  readonly asked: Asked[] = [];
  readonly objects = new Map<string, { readonly body: Buffer; readonly at: Date }>();
  /** Returns the answer to a request, or undefined for the usual one. */
  refuses: (asked: Asked, earlier: number) => Answer | undefined | Promise<Answer | undefined> = () => undefined;
  /** How many requests held back their body until the server asks for it. */
  waited = 0;
  private uploads = 0;
  private readonly parts = new Map<string, Buffer[]>();

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.answer(request, response));
    // As of a server that never asks for the rest of a request: the client waits in vain.
    server.on('checkContinue', (request, response) => {
      this.waited += 1;
      void this.answer(request, response);
    });
  }

  static async start(): Promise<StrictBucket> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StrictBucket(server);
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `s3://films/media?region=us-east-1&endpoint=http://127.0.0.1:${port}`;
  }

  /** The requests that were made, such as `PutObject`. */
  get names(): string[] {
    return this.asked.map(({ name }) => name);
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://bucket');
    const key = decodeURIComponent(pathname).replace('/films/media/', '');
    const asked = { name: nameOf(request, searchParams), key };
    const earlier = this.asked.filter(({ name }) => name === asked.name).length;
    this.asked.push(asked);
    const body = await buffer(request).catch(() => Buffer.alloc(0));
    const given = (await this.refuses(asked, earlier)) ?? this.usual(asked, body);
    response.writeHead(given.status, { 'content-type': 'application/xml', ...given.headers });
    response.end(request.method === 'HEAD' ? undefined : given.body);
  }

  private usual({ name, key }: Asked, body: Buffer): Answer {
    const found = this.objects.get(key);
    const at = new Date();
    switch (name) {
      case 'PutObject':
        this.objects.set(key, { body, at });
        return { status: 200 };
      case 'DeleteObject':
        this.objects.delete(key);
        return { status: 204 };
      case 'CopyObject':
        if (found) this.objects.set(key, { ...found, at });
        return {
          status: 200,
          body: `<CopyObjectResult><LastModified>${at.toISOString()}</LastModified></CopyObjectResult>`,
        };
      case 'CreateMultipartUpload':
        this.parts.set(key, []);
        return {
          status: 200,
          body: `<InitiateMultipartUploadResult><UploadId>${++this.uploads}</UploadId></InitiateMultipartUploadResult>`,
        };
      case 'UploadPart':
        this.parts.get(key)?.push(body);
        return { status: 200, headers: { etag: `"${body.length}"` } };
      case 'CompleteMultipartUpload':
        this.objects.set(key, { body: Buffer.concat(this.parts.get(key) ?? []), at });
        return {
          status: 200,
          body: '<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>',
        };
      case 'ListObjectsV2':
        return { status: 200, body: `<ListBucketResult>${[...this.objects].map(listed).join('')}</ListBucketResult>` };
      case 'AbortMultipartUpload':
        return { status: 204 };
      default: {
        if (!found) return refusal(404, 'NoSuchKey');
        const headers = { 'content-length': `${found.body.length}`, 'last-modified': found.at.toUTCString() };
        return { status: 200, headers, body: found.body.toString('latin1') };
      }
    }
  }
}

function listed([key, { body, at }]: [string, { readonly body: Buffer; readonly at: Date }]): string {
  const time = at.toISOString();
  return `<Contents><Key>media/${key}</Key><Size>${body.length}</Size><LastModified>${time}</LastModified></Contents>`;
}

function nameOf({ method, headers }: IncomingMessage, query: URLSearchParams): string {
  if (query.has('uploads')) return method === 'POST' ? 'CreateMultipartUpload' : 'ListMultipartUploads';
  if (query.has('list-type')) return 'ListObjectsV2';
  if (query.has('uploadId')) {
    return { PUT: 'UploadPart', POST: 'CompleteMultipartUpload' }[method ?? ''] ?? 'AbortMultipartUpload';
  }
  if (method === 'PUT') return headers['x-amz-copy-source'] === undefined ? 'PutObject' : 'CopyObject';
  return { HEAD: 'HeadObject', DELETE: 'DeleteObject' }[method ?? ''] ?? 'GetObject';
}
