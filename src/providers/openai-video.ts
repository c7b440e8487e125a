import OpenAI from 'openai';
import { firstText, jsonIn } from './answer-fields';
import { ClipBody } from './clip-body';
import { bytesOfDataUrl } from './data-url';
import { BrokenConnection, LostOrder, NotReady, OtherOrder, ServerError, UnusableMedia } from './errors';
import { failureKind, statedStatus } from './failure-kind';
import { openGiven, openMedia, ownAddress, type MediaSource } from './fetch-media';
import { pourBody, readBody } from './http-fetch';
import { jobAddressIn, jobIn, STILL_RUNS, type JobAnswer } from './job-answer';
import { OPENAI_JOBS, type JobDialect } from './job-dialect';
import { LearnedParameters, without, type Remedies } from './learned-parameters';
import { withOwnSignal } from './linked-signal';
import { ModelLimits } from './model-limits';
import { openaiClient } from './openai-client';
import type { OpenAiMediaOptions } from './openai-image';
import type { ClipOrder, TakeBytes, VideoJob, VideoProvider, VideoRequest } from './ports';
import { aPage, errorIn, isPage, refusedWith, xmlReason, type StatedError } from './reported-error';

const TIMEOUT_MS = 120_000;
/** A question after a job is answered at once, or it is lost and asked again. */
const POLL_TIMEOUT_MS = 30_000;
const MAX_JSON_BYTES = 1024 * 1024;
/** Some services answer with the clip itself, in base64. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_CLIP_BYTES = 1024 * 1024 * 1024;

/** Video jobs in the shape of OpenAI's videos API, or of another one. The reference image travels in the JSON body. */
export class OpenAiVideo implements VideoProvider {
  private readonly client: OpenAI;
  private readonly source: MediaSource;
  private readonly limits: ModelLimits;
  private readonly learned: LearnedParameters;

  constructor(
    private readonly options: OpenAiMediaOptions,
    private readonly dialect: JobDialect = OPENAI_JOBS,
  ) {
    const { keyHeader } = dialect;
    this.client = openaiClient(options, TIMEOUT_MS, keyHeader);
    this.source = keyHeader === undefined ? options : { ...options, keyHeader };
    this.limits = new ModelLimits(options, { ...dialect.limits, ...options.limits });
    this.learned = new LearnedParameters(options.model, options.baseUrl, 'videos');
  }

  order(wanted: ClipOrder): ClipOrder {
    return { seconds: wanted.seconds, ...this.limits.order(wanted) };
  }

  submit(request: VideoRequest, signal: AbortSignal): Promise<VideoJob> {
    const { path, body } = this.dialect.submit(this.options.model, request);
    return this.call(signal, async (own) => {
      const headers = { 'Idempotency-Key': request.idempotencyKey };
      const response = await this.learned
        .ask({
          body,
          remedies: REMEDIES,
          onNotice: this.options.onNotice,
          send: (sent) => this.client.post(path, { body: sent, headers, signal: own }).asResponse(),
        })
        .catch((error: unknown) => {
          throw this.taught(error, request) ?? error;
        });
      const text = await textOf(response);
      return this.named(submitted(text, response.headers), jsonOf(text));
    });
  }

  /** A job that the service has at another path of its own than its other jobs is named by its address, too. */
  private named(job: VideoJob, answer: unknown): VideoJob {
    const stated = jobAddressIn(answer);
    if (job.status !== 'running' || stated === undefined) return job;
    const { baseUrl } = this.options;
    const at = ownAddress(this.options, stated);
    const isOther = at !== undefined && at !== `${baseUrl.replace(/\/+$/, '')}${this.dialect.job(job.jobId)}`;
    return isOther ? { ...job, jobId: `${job.jobId} ${at}` } : job;
  }

  poll(jobId: string, signal: AbortSignal): Promise<VideoJob> {
    if (isClipItself(jobId)) return Promise.resolve({ status: 'completed', jobId, url: jobId });
    return this.call(signal, async (own) => {
      const response = await this.ask(this.placeOf(jobId) ?? this.dialect.job(idOf(jobId)), own).catch(
        (error: unknown) => (stillRuns(error) ? undefined : unlessNotReady(error)),
      );
      if (!response) return { status: 'running', jobId, progress: 0 };
      const text = await textOf(response);
      const body = jsonOf(text);
      return this.withClip(jobOf(polled(text, body), jobId), body, own);
    });
  }

  /** The address of a job that has one of its own. The base URL, and the key with it, may have changed since. */
  private placeOf(jobId: string): string | undefined {
    const [, , place] = WITH_PLACE.exec(jobId) ?? [];
    return place === undefined ? undefined : ownAddress(this.options, place);
  }

  private ask(path: string, signal: AbortSignal): Promise<Response> {
    return this.client.get(path, { signal, timeout: POLL_TIMEOUT_MS }).asResponse();
  }

  /** Finds the address of a finished job's clip where the service does not state it with the job. */
  private async withClip(job: VideoJob, answer: unknown, signal: AbortSignal): Promise<VideoJob> {
    if (job.status !== 'completed' || job.url !== undefined || this.dialect.clip) return job;
    const { file } = this.dialect;
    const path = file?.path(answer);
    if (!file || path === undefined) return { ...job, status: 'failed', message: 'its job is done, and has no clip' };
    const named = jsonOf(await textOf(await this.ask(path, signal).catch(unlessNotReady)));
    const url = firstText(named, [file.address]);
    if (url !== undefined) return { ...job, url };
    const error = errorIn(named);
    if (error) return unlessNotReady(refusedWith(statedStatus(error) ?? 404, error));
    throw new NotReady('it answered without the address of its file');
  }

  download(jobId: string, url: string | undefined, take: TakeBytes, signal: AbortSignal): Promise<void> {
    return this.call(signal, async (own) => {
      let from = url;
      for (;;) {
        const message = await (await this.received(jobId, from, take, own)).end();
        if (message === undefined) return;
        // Some services answer with the address of the clip in its place.
        const next = jobIn(jsonOf(message)).url;
        if (next === undefined || next === from || from !== url) throw saidInstead(message);
        from = next;
      }
    });
  }

  private async received(
    jobId: string,
    url: string | undefined,
    take: TakeBytes,
    signal: AbortSignal,
  ): Promise<ClipBody> {
    if (url !== undefined && /^data:/i.test(url)) {
      const clip = new ClipBody(take, null, MAX_JSON_BYTES);
      await clip.push(bytesOfDataUrl(url) ?? Buffer.alloc(0));
      return clip;
    }
    let [clip, size]: [ClipBody | undefined, number] = [undefined, 0];
    for (;;) {
      const before = size;
      const range = before === 0 ? undefined : `bytes=${before}-`;
      const response = await this.content(jobId, url, signal, range).catch(unlessNotReady);
      if (response.status === 204) throw new NotReady('it answered with nothing');
      // Another part than the next one would have the file mixed up.
      if (before > 0 && partOf(response).from !== before) throw new BrokenConnection('no more parts');
      clip ??= new ClipBody(take, response.headers.get('content-type'), MAX_JSON_BYTES);
      const into = clip;
      await pourBody(response, MAX_CLIP_BYTES - before, (bytes) => {
        size += bytes.length;
        return into.push(bytes);
      }).catch((error: unknown) => {
        throw error instanceof ServerError ? new UnusableMedia(error.message) : error;
      });
      if (size >= partOf(response).whole || size === before) return clip;
    }
  }

  async cancel(jobId: string, signal: AbortSignal): Promise<boolean> {
    try {
      const { status } = await this.poll(jobId, signal);
      if (status === 'completed') return false;
      if (status === 'failed') return true;
      const { end } = this.dialect;
      if (!end || WITH_PLACE.test(jobId)) throw new ServerError('its jobs cannot be ended');
      await this.call(signal, async (own) =>
        readBody(await this.client.delete(end(jobId), { signal: own }).asResponse(), MAX_JSON_BYTES),
      );
      return true;
    } catch (error) {
      if (error instanceof OpenAI.NotFoundError || (error instanceof NotReady && error.isGone)) return true;
      throw error;
    }
  }

  /**
   * Downloads without the key from the address that the job named. If that fails, or there is none, it uses the
   * service's own path.
   */
  private async content(
    jobId: string,
    url: string | undefined,
    signal: AbortSignal,
    range: string | undefined,
  ): Promise<Response> {
    if (url !== undefined) return openGiven(this.source, url, signal, range);
    const { clip } = this.dialect;
    if (!clip) throw new NotReady('its answer names no clip');
    const own = `${this.options.baseUrl.replace(/\/+$/, '')}${clip(idOf(jobId))}`;
    return openMedia(this.source, own, signal, { withKey: true, range });
  }

  private taught(error: unknown, { wanted, prompt }: VideoRequest): OtherOrder | undefined {
    if (!this.limits.learn(error, wanted, prompt)) return undefined;
    const { size, seconds } = this.order(wanted);
    const words = `${this.options.model} has no clip of ${wanted.seconds} s in ${wanted.size}: it is asked for ${seconds} s in ${size} from now on.`;
    this.options.onNotice?.(words);
    return new OtherOrder(words);
  }

  /** A job is polled thousands of times: nothing of a call may be left on the signal that lives as long as the job. */
  private call<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withOwnSignal(signal, work).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    });
  }
}

/** If no size can be read in the refusal, the model chooses the size. */
const REMEDIES: Remedies = {
  size: without(),
  seconds: {
    learn: (words) =>
      /integer|number|\bint\b/i.test(words)
        ? { change: (value) => ({ seconds: Math.ceil(Number(value)) }), asked: 'with whole seconds as a number' }
        : undefined,
  },
};

/** Whether a job is named by the address of its clip, because it has no other name. */
function isClipItself(jobId: string): boolean {
  return /^https?:\/\//i.test(jobId);
}

const WITH_PLACE = /^(.*) (https?:\/\/\S+)$/;

function idOf(jobId: string): string {
  return WITH_PLACE.exec(jobId)?.[1] ?? jobId;
}

async function textOf(response: Response): Promise<string> {
  if (response.status === 204) return '';
  return (await readBody(response, MAX_ANSWER_BYTES)).toString('utf8');
}

/** Where the part of a file begins that a server answers with, and how large the whole file is; 0 if it is not stated. */
function partOf({ status, headers }: Response): { readonly from: number; readonly whole: number } {
  const [, from, whole] = /^bytes (\d+)-\d+\/(\d+)$/.exec((status === 206 && headers.get('content-range')) || '') ?? [];
  return { from: Number(from ?? 0), whole: Number(whole ?? 0) };
}

function submitted(text: string, headers: Headers): VideoJob {
  if (isPage(text)) throw refusedWith(404, { message: aPage(text) }, headers);
  const body = jsonOf(text);
  const answer = jobIn(body);
  if (answer.id !== undefined) return jobOf(answer, answer.id);
  // Some services answer only when the clip is there, and have no job for it.
  if (answer.url !== undefined && isClipItself(answer.url)) return jobOf(answer, answer.url);
  const error = errorIn(body) ?? answer.error;
  if (error) throw refusedWith(statedStatus(error) ?? 400, error, headers);
  throw new LostOrder(
    body === undefined ? 'it answered with something that is no JSON' : 'it answered without a job’s id',
  );
}

/** An unreadable answer states nothing about the job; some services send an empty answer while the job runs. */
function polled(text: string, body: unknown): JobAnswer {
  if (text.trim() === '') return { state: 'running', isStated: false, isInWork: false, isNotKnown: false, progress: 0 };
  if (body === undefined)
    throw new NotReady(isPage(text) ? `it answered with ${aPage(text)}` : 'it answered with no JSON');
  const answer = jobIn(body);
  if (answer.isNotKnown) throw new NotReady('it does not know the job');
  const { error } = answer;
  if (error && answer.state === 'failed' && !answer.isStated && STILL_RUNS.test(error.message)) {
    return { ...answer, state: 'running' };
  }
  return error && isOfQuestion(answer, error) ? unlessNotReady(refusedWith(statedStatus(error) ?? 404, error)) : answer;
}

function stillRuns(error: unknown): boolean {
  return error instanceof OpenAI.APIError && error.status === 400 && STILL_RUNS.test(error.message);
}

/** Whether an error is about the question alone. The job itself may well be running. */
function isOfQuestion({ id, state, isStated }: JobAnswer, error: StatedError): boolean {
  if (state !== 'failed') return false;
  return id === undefined || (!isStated && ['rate', 'key'].includes(failureKind(error)));
}

function jobOf({ state, progress, url, error }: JobAnswer, jobId: string): VideoJob {
  switch (state) {
    case 'running':
      return { status: 'running', jobId, progress };
    case 'completed':
      return { status: 'completed', jobId, ...(url !== undefined && { url }) };
    case 'failed': {
      const kind = error && failureKind(error);
      return {
        status: 'failed',
        jobId,
        message: error?.message ?? 'the provider gave no reason',
        ...((kind === 'refused' || kind === 'quota') && { kind }),
      };
    }
  }
}

/** For a job that the provider does not know, or not yet, or does not report: it is polled again. */
function unlessNotReady(error: unknown): never {
  if (!(error instanceof OpenAI.APIError)) throw error;
  const status = error.status as number | undefined;
  const kind = failureKind({ message: error.message, ...(status !== undefined && { status }), ...codeOf(error) });
  const passes = kind === 'not-found' || kind === 'bad-request' || [409, 425].includes(status ?? 0);
  if (!passes) throw error;
  throw new NotReady(error.message.replace(/^\d{3} /, ''), kind === 'not-found');
}

function codeOf({ code, type }: { code?: unknown; type?: unknown }): { code?: string; type?: string } {
  return { ...(typeof code === 'string' && { code }), ...(typeof type === 'string' && { type }) };
}

/** A message in place of a clip mostly means that the clip is not ready yet. It never means that the clip is broken. */
function saidInstead(text: string): Error {
  if (text.trim() === '') return new NotReady('it answered with an empty file');
  const error = errorIn(jsonOf(text)) ?? xmlReason(text);
  if (error && statedStatus(error) === 451) return refusedWith(451, error);
  const what = isPage(text) ? aPage(text) : 'a text';
  return new NotReady(error?.message ?? `it answered with ${what} in the place of a clip`);
}

function jsonOf(text: string): unknown {
  // So long an answer has the clip in it, and its id is known.
  return jsonIn(text.length > MAX_JSON_BYTES ? text : withWholeIds(text));
}

/** Numbers of so many digits, which JavaScript rounds, as texts: a rounded id would name no job, or another one. */
function withWholeIds(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|(?<![\w.+-])\d{16,}(?![\d.eE])/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
}
