import { firstText, isFields, valuesAt } from './answer-fields';
import type { StatedError } from './reported-error';

/** In which services state that they refuse a picture or a clip. */
const REFUSALS = [
  'finish_reason',
  'finish_reasons.*',
  'artifacts.*.finishReason',
  'data.*.finish_reason',
  'candidates.*.finishReason',
  'promptFeedback.blockReason',
  'predictions.*.raiFilteredReason',
  'response.raiMediaFilteredReasons.*',
  'response.generateVideoResponse.raiMediaFilteredReasons.*',
];
const REFUSES = /filter|safety|moderat|nsfw|prohibit|block|recitation/i;
/** Members that are true if a picture is black, or blurred, because it was taken for indecent. */
const INDECENT = /^(?:(?:is_?|has_?)?nsfw(?:_?(?:concepts?|contents?|content_detected|detected))?)$/i;
/** Members that are false then. */
const DECENT = /^(?:respect_moderation|is_image_safe|is_safe)$/i;
/** Where such members are; other members may be what was sent. */
const RESULTS = [
  'data',
  'data.*',
  'images.*',
  'video',
  'output',
  'output.*',
  'result',
  'generations_by_pk.generated_images.*',
];
const CODE = 'content_filter';

/** The refusal in an answer that is called good; undefined if it states none. */
export function refusalIn(body: unknown): StatedError | undefined {
  const results = [body, ...RESULTS.flatMap((path) => valuesAt(body, path))];
  if (results.some(isIndecent)) return refused('the result was taken for indecent (nsfw)');
  const words = REFUSALS.map((path) => firstText(body, [path]));
  const inWords = words.find((each, i) => each && (REFUSES.test(each) || REFUSALS[i]?.includes('raiMedia')));
  return inWords === undefined ? undefined : refused(inWords);
}

export function isRefusal({ code }: StatedError): boolean {
  return code === CODE;
}

function refused(message: string): StatedError {
  return { message, code: CODE };
}

function isIndecent(result: unknown): boolean {
  if (!isFields(result)) return false;
  return Object.entries(result).some(([name, value]) => {
    if (DECENT.test(name)) return value === false;
    return INDECENT.test(name) && (value === true || (Array.isArray(value) && value.includes(true)));
  });
}
