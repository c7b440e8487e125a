import { firstText, valuesAt } from './answer-fields';
import { imageTypeOf } from './image-kind';
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
  'result.url',
  'result.sample',
  'result.image',
  'url',
];
/** In which services state that they refuse a picture. */
const REFUSALS = [
  'finish_reason',
  'finish_reasons.*',
  'artifacts.*.finishReason',
  'data.*.finish_reason',
  'candidates.*.finishReason',
  'promptFeedback.blockReason',
  'predictions.*.raiFilteredReason',
];
const REFUSES = /filter|safety|moderat|nsfw|prohibit|block|recitation/i;

export type ImageAnswer =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'address'; readonly url: string }
  | { readonly kind: 'error'; readonly error: StatedError }
  | { readonly kind: 'nothing' };

/** Finds the picture in an answer of any service similar to OpenAI's, or the reason why there is none. */
export function imageIn(body: unknown): ImageAnswer {
  const error = errorIn(body) ?? valuesAt(body, 'data.*').map(errorIn).find(Boolean);
  if (error) return { kind: 'error', error };
  if (valuesAt(body, 'has_nsfw_concepts.*').includes(true)) return refused('the picture was taken for indecent (nsfw)');
  const refusal = REFUSALS.map((path) => firstText(body, [path])).find((words) => words && REFUSES.test(words));
  if (refusal) return refused(refusal);
  const data = firstText(body, DATA) ?? firstText(partsOf(body), PARTS) ?? firstText(body, ADDRESS);
  if (data === undefined) return { kind: 'nothing' };
  if (/^data:/i.test(data)) return ofDataUrl(data);
  if (/^(?:[a-z][a-z0-9+.-]{1,20}:|\/\/)/i.test(data)) return { kind: 'address', url: data };
  const picture = ofBase64(data);
  // The base64 of a JPEG begins with this sign, too.
  const isPath = data.startsWith('/') && !(picture.kind === 'bytes' && imageTypeOf(picture.bytes));
  return isPath ? { kind: 'address', url: data } : picture;
}

const PARTS = ['*.inlineData.data', '*.inline_data.data'];

/** The parts of an answer of Gemini; pictures among the model's thoughts are drafts. */
function partsOf(body: unknown): unknown[] {
  return valuesAt(body, 'candidates.*.content.parts.*').filter((part) => !valuesAt(part, 'thought').includes(true));
}

function refused(message: string): ImageAnswer {
  return { kind: 'error', error: { message, code: 'content_filter' } };
}

/** `data:[type][;parameters][;base64],…`; some servers leave `;base64` out. */
function ofDataUrl(url: string): ImageAnswer {
  const comma = url.indexOf(',');
  return comma < 0 ? { kind: 'nothing' } : ofBase64(url.slice(comma + 1));
}

function ofBase64(text: string): ImageAnswer {
  const bytes = Buffer.from(text.includes('%') ? unquoted(text) : text, 'base64');
  return bytes.length === 0 ? { kind: 'nothing' } : { kind: 'bytes', bytes };
}

function unquoted(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
