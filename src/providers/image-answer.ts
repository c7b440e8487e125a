import { firstText, valuesAt } from './answer-fields';
import { bytesOfBase64, bytesOfDataUrl } from './data-url';
import { foundFile } from './found-file';
import { imageTypeOf } from './image-kind';
import { jobAddressIn, jobIn, type JobAnswer } from './job-answer';
import { refusalIn } from './refused-media';
import { errorIn, type StatedError } from './reported-error';

/** The fields in which services return a picture itself, as base64 or as a data URL. */
const DATA = [
  'data.*.b64_json',
  'data.*.b64',
  'data.*.base64',
  'data.b64_json',
  'data.image_base64.*',
  'images.*.b64_json',
  'images.*.base64',
  'artifacts.*.base64',
  'b64_json',
  'image_base64',
  'image.b64_json',
  'predictions.*.bytesBase64Encoded',
];
/** The fields in which services return its address, or an unlabelled picture, which its first bytes identify. */
const ADDRESS = [
  'data.*.url',
  'data.*.image_url',
  'data.*.image_url.url',
  'data.*.image',
  'data.url',
  'data.image_urls.*',
  'data.*',
  'images.*.url',
  'images.*.image_url',
  'images.*.image_url.url',
  'images.*',
  'output.*.url',
  'output.*',
  'output.url',
  'output',
  'output.*.result',
  'output.results.*.url',
  'output.choices.*.message.content.*.image',
  'choices.*.message.images.*.image_url.url',
  'image.url',
  'image_url',
  'image',
  'data.task_result.images.*.url',
  'output_images.*',
  'result.url',
  'result.sample',
  'result.image',
  'url',
];
const RESULTS = ['images', 'artifacts', 'choices', 'candidates', 'predictions', 'created'];

export type ImageAnswer =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'address'; readonly url: string }
  | { readonly kind: 'error'; readonly error: StatedError }
  /** The picture is a job that still runs. `at` is the address at which the answer states that it can be asked for. */
  | { readonly kind: 'job'; readonly id: string; readonly at?: string }
  | { readonly kind: 'nothing' };

/** Finds the picture in an answer of any service similar to OpenAI's, or the reason why there is none. */
export function imageIn(body: unknown): ImageAnswer {
  const error = errorIn(body) ?? valuesAt(body, 'data.*').map(errorIn).find(Boolean);
  if (error) return { kind: 'error', error };
  const refusal = refusalIn(body);
  if (refusal) return { kind: 'error', error: refusal };
  const job = jobIn(body);
  // What is beside a state of work is the address of the job, or a draft.
  if (job.isInWork && job.id !== undefined) return jobOf(body, job.id);
  const data = firstText(body, DATA) ?? firstText(partsOf(body), PARTS) ?? firstText(body, ADDRESS);
  return data === undefined ? unnamedIn(body, job) : pictureIn(data);
}

/** In an answer that has nothing where a service is known to put a picture. */
function unnamedIn(body: unknown, { id, state, isStated, error }: JobAnswer): ImageAnswer {
  if (state === 'failed' && error) return { kind: 'error', error };
  const found = foundFile(valuesAt(body, 'candidates').length > 0 ? undefined : body, 'picture');
  if (found !== undefined) return pictureIn(found);
  const refused = valuesAt(body, 'output.results.*').map(errorIn).find(Boolean);
  if (refused) return { kind: 'error', error: refused };
  const isJob = isStated || jobAddressIn(body) !== undefined || isNamedAlone(body, id);
  return id !== undefined && isJob && state === 'running' ? jobOf(body, id) : { kind: 'nothing' };
}

/** Some services answer with the id of the job and nothing else. What has room for pictures is an answer without one. */
function isNamedAlone(body: unknown, id: string | undefined): boolean {
  const hasRoom = RESULTS.some((path) => valuesAt(body, path).length > 0);
  const isList = valuesAt(body, 'data').some(Array.isArray) && jobIn(valuesAt(body, 'data.*')[0]).id === undefined;
  return !hasRoom && !isList && id !== firstText(body, ['request_id', 'requestId']);
}

function jobOf(body: unknown, id: string): ImageAnswer {
  const at = jobAddressIn(body);
  return { kind: 'job', id, ...(at !== undefined && { at }) };
}

function pictureIn(data: string): ImageAnswer {
  if (/^data:/i.test(data)) return ofBytes(bytesOfDataUrl(data));
  if (/^(?:[a-z][a-z0-9+.-]{1,20}:|\/\/)/i.test(data)) return { kind: 'address', url: data };
  const picture = ofBytes(bytesOfBase64(data));
  // The base64 of a JPEG begins with this sign, too.
  const isPath = data.startsWith('/') && !(picture.kind === 'bytes' && imageTypeOf(picture.bytes));
  return isPath ? { kind: 'address', url: data } : picture;
}

const PARTS = ['*.inlineData.data', '*.inline_data.data'];

/** The parts of an answer of Gemini; pictures among the model's thoughts are drafts. */
function partsOf(body: unknown): unknown[] {
  return valuesAt(body, 'candidates.*.content.parts.*').filter((part) => !valuesAt(part, 'thought').includes(true));
}

function ofBytes(bytes: Buffer | undefined): ImageAnswer {
  return bytes === undefined || bytes.length === 0 ? { kind: 'nothing' } : { kind: 'bytes', bytes };
}
