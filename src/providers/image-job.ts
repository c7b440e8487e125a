import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { boundedLine, StoryreelError } from '../protocol';
import { jsonIn } from './answer-fields';
import { BrokenConnection, ServerError, UnusableMedia } from './errors';
import { failureKind, statedStatus } from './failure-kind';
import { openMedia, type MediaSource } from './fetch-media';
import { readBody } from './http-fetch';
import { imageIn, type ImageAnswer } from './image-answer';
import { imageTypeOf } from './image-kind';
import { jobIn, STILL_RUNS } from './job-answer';
import { withOwnSignal } from './linked-signal';
import { refusedWith } from './reported-error';

/** The longest time from the order to the picture; the attempt itself may last ten minutes. */
const MOST_MS = 8 * 60_000;
/** How often in a row the service may not know the job, or answer with nothing that can be read. */
const MAX_LOST = 30;
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_ID_BYTES = 80;

interface ImageJob {
  readonly id: string;
  /** Where the job may be; the first place that knows it is asked from then on. */
  readonly places: readonly string[];
  readonly pollMs: number;
  /** When it was ordered, in milliseconds since 1970. */
  readonly since: number;
}

type GivenPicture = Extract<ImageAnswer, { kind: 'bytes' | 'address' }>;

/**
 * Asks for a picture that is a job until it is there. A question costs nothing, however it fails. Throws the errors of
 * the `openai` package for a refused job, and `UnusableMedia` for a failed one. A job that is lost is not ordered again
 * by itself, because its picture may be made and paid: that is `Media.Unusable`.
 */
export async function awaitPicture(source: MediaSource, job: ImageJob, signal: AbortSignal): Promise<GivenPicture> {
  const [first = ''] = job.places;
  let place = first;
  for (let [looks, lost, isKnown] = [1, 0, false]; ; looks++) {
    await sleep(job.pollMs, undefined, { signal });
    const look = await lookAt(source, place, signal);
    if (look.kind === 'bytes' || look.kind === 'address') return look;
    if (look.kind === 'job') [lost, isKnown] = [0, true];
    else if (look.kind !== 'away' && (look.kind !== 'unreached' || !isKnown)) lost += 1;
    if (lost >= MAX_LOST && look.kind === 'done') throw new UnusableMedia('its job is done, and has no image');
    if (lost >= MAX_LOST || Date.now() - job.since > MOST_MS)
      throw lostJob(job.id, look.kind === 'job' ? 'it still runs' : look.why);
    // A place that has never known the job may be the wrong one.
    if (!isKnown) place = job.places[looks % job.places.length] ?? first;
  }
}

type Look =
  | GivenPicture
  | { readonly kind: 'job' }
  /** `away`: the service is, and the job need not be. `done`: the service calls the job done, and has no picture. */
  | { readonly kind: 'lost' | 'done' | 'away' | 'unreached'; readonly why: string };

async function lookAt(source: MediaSource, place: string, signal: AbortSignal): Promise<Look> {
  let bytes: Buffer;
  try {
    bytes = await withOwnSignal(signal, async (own) =>
      readBody(await openMedia(source, place, own, { withKey: true }), MAX_BYTES),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StoryreelError) throw error;
    return failedLook(error as Error);
  }
  if (imageTypeOf(bytes) !== undefined) return { kind: 'bytes', bytes };
  // Some services answer with nothing while the job runs.
  if (bytes.length === 0) return { kind: 'job' };
  const body = jsonIn(bytes.toString('utf8'));
  return body === undefined ? { kind: 'lost', why: 'it answered with no JSON' } : lookIn(body);
}

/** Some services have an error for a job that they are working on. */
function failedLook(error: Error): Look {
  if (error instanceof ServerError) return { kind: 'job' };
  if (error instanceof BrokenConnection) return { kind: 'away', why: error.message };
  const status = error instanceof OpenAI.APIError ? (error.status as number | undefined) : undefined;
  if (status === undefined) return { kind: 'unreached', why: error.message };
  if (status === 400 && STILL_RUNS.test(error.message)) return { kind: 'job' };
  return { kind: status === 429 || status >= 500 ? 'away' : 'lost', why: error.message };
}

function lookIn(body: unknown): Look {
  const answer = imageIn(body);
  const { id, isStated, isNotKnown, state } = jobIn(body);
  switch (answer.kind) {
    case 'bytes':
    case 'address':
      return answer;
    case 'job':
      return isNotKnown ? { kind: 'lost', why: 'it does not know the job' } : { kind: 'job' };
    case 'nothing': {
      const why = 'it answered without the image';
      if (state === 'completed') return { kind: 'done', why };
      return id === undefined && !isStated ? { kind: 'lost', why } : { kind: 'job' };
    }
    case 'error': {
      const { error } = answer;
      const kind = failureKind(error);
      if (kind === 'refused' || kind === 'quota') throw refusedWith(statedStatus(error) ?? 400, error);
      if (isStated && state === 'failed') throw new UnusableMedia(`its job failed: ${error.message}`);
      if (STILL_RUNS.test(error.message)) return { kind: 'job' };
      return { kind: kind === 'rate' || kind === 'unavailable' ? 'away' : 'lost', why: error.message };
    }
  }
}

function lostJob(id: string, why: string): StoryreelError {
  return new StoryreelError(
    'Media.Unusable',
    `The provider made the image as job ${boundedLine(id, MAX_ID_BYTES)}, and did not deliver it: ${why}. ` +
      'It is not ordered again by itself. Look there, then retry to order it anew.',
  );
}
