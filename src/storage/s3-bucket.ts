import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type * as Sdk from '@aws-sdk/client-s3';
import { StoryreelError } from '../protocol';
import type { ByteRange } from './media-store';
import type { BucketAddress } from '../media-url';
import { withTimeout } from '../with-timeout';

export interface Stored {
  readonly key: string;
  readonly bytes: number;
  readonly storedAt: Date;
}

/** A larger object is sent in parts, each with its own hash: S3 takes no more than 5 GB in one request. */
const PART_BYTES = 16 * 1024 * 1024;
const REQUEST_MS = 30_000;
const CONNECT_MS = 5_000;
/** A program or a service that gives credentials may never answer, and AWS' client waits for it. */
const CREDENTIALS_MS = 30_000;
const TRIES = 3;
const REGION = /^[a-z0-9-]{1,40}$/;
const NO_KEY = new Set(['SignatureDoesNotMatch', 'InvalidAccessKeyId']);
const RIGHTS = 's3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket';

/** What the client of AWS throws. */
interface Refused {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/**
 * The objects below a prefix of a bucket. Keys and credentials come from where all of AWS' tools look for them. Throws
 * `Media.Unavailable` with the error's name, and without its text, which may hold parts of an address.
 */
export class Bucket {
  private constructor(
    private readonly sdk: typeof Sdk,
    private readonly client: Sdk.S3Client,
    private readonly address: BucketAddress,
    private readonly credentialsMs: number,
  ) {}

  static async open(address: BucketAddress, credentialsMs = CREDENTIALS_MS): Promise<Bucket> {
    const sdk = await import('@aws-sdk/client-s3').catch((cause: unknown) => {
      throw new StoryreelError(
        'Config.Invalid',
        'MEDIA_URL needs the packages @aws-sdk/client-s3 and @aws-sdk/lib-storage.',
        {
          cause,
        },
      );
    });
    const { region, endpoint } = address;
    const client = new sdk.S3Client({
      ...(region !== undefined && { region }),
      // Servers other than AWS' own seldom have a name for each bucket.
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      // Ours are given with each object; some servers refuse those that AWS' own client adds.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      // Some servers never ask for the rest of a request, which the client then waits for, 6 s each time.
      expectContinueHeader: false,
      maxAttempts: TRIES,
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        socketTimeout: REQUEST_MS,
        // Each viewer of a film keeps one busy. With the client's own bound of 50, the next would fail after CONNECT_MS.
        httpAgent: { maxSockets: Infinity },
        httpsAgent: { maxSockets: Infinity },
      },
    });
    await client.config.region().catch((cause: unknown) => {
      client.destroy();
      throw new StoryreelError('Config.Invalid', 'MEDIA_URL has no region. Add region=… to it, or set AWS_REGION.', {
        cause,
      });
    });
    return new Bucket(sdk, client, address, credentialsMs);
  }

  close(): void {
    this.client.destroy();
  }

  /** The server compares length and hash, and keeps nothing that differs. */
  async put(key: string, body: Buffer | Readable, bytes: number, sha256: string, mediaType: string): Promise<void> {
    const object = { ...this.named(key), Body: body, ContentType: mediaType };
    await this.asked(async () => {
      if (bytes <= PART_BYTES) {
        const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64');
        const { PutObjectCommand } = this.sdk;
        // A stream can be sent only once, and the server may ask for it again.
        const Body = body instanceof Readable ? await buffer(body) : body;
        await this.client.send(new PutObjectCommand({ ...object, Body, ContentLength: bytes, ChecksumSHA256 }));
        return;
      }
      const { Upload } = await import('@aws-sdk/lib-storage');
      const { client } = this;
      const params = { ...object, ChecksumAlgorithm: 'SHA256' as const };
      await new Upload({ client, params, partSize: PART_BYTES, queueSize: 2 }).done();
      const found = await this.find(key);
      if (found?.bytes !== bytes)
        throw new StoryreelError('Media.Unavailable', 'The bucket holds a part of a file only.');
    });
  }

  /**
   * Resolves with whether the object is there and its time is another now. Some servers leave the time of an object that
   * is copied onto itself. None copies what lies in cold storage, or has more than 5 GB.
   */
  async touch({ key, storedAt }: Stored, mediaType: string): Promise<boolean> {
    const { CopyObjectCommand } = this.sdk;
    const CopySource = `${this.address.bucket}/${this.address.prefix}${key}`
      .split('/')
      .map(encodeURIComponent)
      .join('/');
    const copy = { ...this.named(key), CopySource, MetadataDirective: 'REPLACE' as const, ContentType: mediaType };
    const done = await this.asked(() => this.client.send(new CopyObjectCommand(copy))).catch(() => undefined);
    return secondsOf(done?.CopyObjectResult?.LastModified ?? storedAt) > secondsOf(storedAt);
  }

  async get(key: string, { start, end }: ByteRange): Promise<Readable> {
    const { GetObjectCommand } = this.sdk;
    const isPart = start !== undefined || end !== undefined;
    const wanted = { ...this.named(key), ...(isPart && { Range: `bytes=${start ?? 0}-${end ?? ''}` }) };
    const found = await this.unlessMissing(() => this.client.send(new GetObjectCommand(wanted)));
    if (!found) throw lost(`The bucket of MEDIA_URL has no object ${key}.`);
    const { Body, ContentRange, ContentLength } = found;
    if (Body instanceof Readable) {
      // A cache on the way may not know Range, and answers with the whole. The whole may be what was asked for.
      const isWhole = !start && (end === undefined || ContentLength === end + 1);
      if (isWhole || ContentRange !== undefined) return Body;
      Body.destroy();
    }
    throw new StoryreelError('Media.Unavailable', 'The bucket has answered without the bytes that it was asked for.');
  }

  async find(key: string): Promise<Stored | undefined> {
    const { HeadObjectCommand } = this.sdk;
    const found = await this.unlessMissing(() => this.client.send(new HeadObjectCommand(this.named(key))));
    return found && { key, bytes: found.ContentLength ?? 0, storedAt: found.LastModified ?? new Date(0) };
  }

  async *list(below = ''): AsyncGenerator<Stored> {
    const { bucket: Bucket, prefix } = this.address;
    const { ListObjectsV2Command } = this.sdk;
    let after: string | undefined;
    do {
      const page = new ListObjectsV2Command({ Bucket, Prefix: prefix + below, ContinuationToken: after });
      const { Contents, NextContinuationToken } = await this.asked(() => this.client.send(page));
      for (const { Key, Size, LastModified } of Contents ?? []) {
        if (Key !== undefined)
          yield { key: Key.slice(prefix.length), bytes: Size ?? 0, storedAt: LastModified ?? new Date(0) };
      }
      after = NextContinuationToken;
    } while (after);
  }

  /** If it throws, the object may be removed all the same, or a little later. */
  async remove(key: string, abortSignal?: AbortSignal): Promise<void> {
    const { DeleteObjectCommand } = this.sdk;
    const command = new DeleteObjectCommand(this.named(key));
    await this.asked(() => this.client.send(command, abortSignal && { abortSignal }));
  }

  /** Ends uploads in parts that a crash has left, on servers that list them. Resolves with how many there were. */
  async abortUploads(before: Date, isOurs: (key: string) => boolean): Promise<number> {
    const { AbortMultipartUploadCommand, ListMultipartUploadsCommand } = this.sdk;
    const { bucket: Bucket, prefix: Prefix } = this.address;
    const list = new ListMultipartUploadsCommand({ Bucket, Prefix });
    const found = await this.unlessStatus(501, () => this.client.send(list));
    const old = (found?.Uploads ?? []).filter(
      ({ Key, Initiated }) => Initiated && Initiated < before && Key && isOurs(Key.slice(Prefix.length)),
    );
    for (const { Key, UploadId } of old) {
      await this.unlessMissing(() => this.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })));
    }
    return old.length;
  }

  failure(error: unknown): StoryreelError {
    const { name, code, $metadata } = error as Refused;
    const status = $metadata?.httpStatusCode;
    const why = [code ?? (name === 'Error' ? undefined : name), status].filter((part) => part !== undefined).join(', ');
    return new StoryreelError(
      'Media.Unavailable',
      `The bucket of MEDIA_URL cannot be used${why && ` (${why})`}. ${adviceOn(error as Refused)}`,
      { cause: error },
    );
  }

  private named(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.address.bucket, Key: this.address.prefix + key };
  }

  /** A missing bucket is an error. The answer to HEAD does not show which of both is missing. */
  private unlessMissing<T>(ask: () => Promise<T>): Promise<T | undefined> {
    return this.unlessStatus(404, ask);
  }

  private async unlessStatus<T>(status: number, ask: () => Promise<T>): Promise<T | undefined> {
    return this.asked(() =>
      ask().catch((error: unknown) => {
        const { name, $metadata } = error as Refused;
        if ($metadata?.httpStatusCode === status && name !== 'NoSuchBucket') return undefined;
        throw error;
      }),
    );
  }

  private async asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      const came = this.client.config.credentials().then(() => true);
      if (await withTimeout(came, this.credentialsMs, false)) return await ask();
      throw new StoryreelError('Media.Unavailable', 'The credentials for the bucket of MEDIA_URL do not come.');
    } catch (error) {
      throw error instanceof StoryreelError ? error : this.failure(error);
    }
  }
}

/** One medium is not there, although the bucket is. As for a file of a folder, the cause's code is ENOENT. */
export function lost(message: string): StoryreelError {
  return new StoryreelError('Media.Unavailable', message, {
    cause: Object.assign(new Error('no such medium'), { code: 'ENOENT' }),
  });
}

/** HEAD states a time in whole seconds, and a copy states it in milliseconds. */
function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / 1_000);
}

function adviceOn({ name, $metadata, $response }: Refused): string {
  const status = $metadata?.httpStatusCode;
  const region = status === 301 || status === 400 ? $response?.headers?.['x-amz-bucket-region'] : undefined;
  if (region && REGION.test(region)) return `It is in another region: set region=${region} in MEDIA_URL.`;
  if (name === 'RequestTimeTooSkewed') return 'Set the clock of this machine.';
  // The answer to HEAD has no name.
  if (status === 403 && !NO_KEY.has(name ?? '')) {
    return `The credentials need ${RIGHTS}; without the last, S3 refuses to say what is missing.`;
  }
  return 'Check MEDIA_URL, the credentials of AWS_ACCESS_KEY_ID and what they may do.';
}
