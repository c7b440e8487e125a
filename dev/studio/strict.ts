import { ApiError } from './http/api-error';

/** Models that real services have switched off by November 2026; they count as unknown names. */
const SHUT_DOWN = /^(?:dall-e-[23]|gpt-image-1|sora-2(?:-pro)?|gpt-4\.5-preview|gpt-3\.5-turbo-instruct)$/;

const IMAGE_FIELDS = new Set(
  (
    'model prompt size quality n output_format output_compression background moderation stream partial_images ' +
    'safety_identifier user'
  ).split(' '),
);
const VIDEO_FIELDS = new Set('model prompt seconds size input_reference'.split(' '));

/** Frames as small as tests have them are no service's; their sizes and lengths are let through. */
const REAL_WIDTH = 480;
const STANDARD_SIZES = ['1024x1024', '1536x1024', '1024x1536'];
const VEO_SECONDS = ['4', '6', '8'];
const VEO_SIZES = ['1280x720', '720x1280', '1920x1080', '1080x1920'];

type Fields = Readonly<Record<string, unknown>>;

/** Refuses what image services refuse today; a lenient stand-in would accept it. */
export function refuseImage(request: Fields): void {
  const model = refuseModel(request);
  refuseUnknown(request, IMAGE_FIELDS);
  const { size } = request;
  if (typeof size !== 'string' || size === 'auto' || isSmall(size)) return;
  if (/^(?:gpt-image-1|chatgpt-image)/.test(model)) return mustBeOneOf('size', size, [...STANDARD_SIZES, 'auto']);
  if (!model.startsWith('gpt-image-')) return;
  const [width = 0, height = 0] = size.split('x').map(Number);
  if (width % 16 === 0 && height % 16 === 0 && Math.max(width / height, height / width) <= 3) return;
  throw invalid(
    'size',
    `Invalid size '${size}'. Width and height must be divisible by 16, with a ratio of at most 3:1.`,
  );
}

/** The same of video services. */
export function refuseVideo(request: Fields): void {
  const model = refuseModel(request);
  refuseUnknown(request, VIDEO_FIELDS);
  const { seconds, size } = request;
  if (seconds !== undefined && typeof seconds !== 'string') {
    throw invalid('seconds', `Invalid type for 'seconds': expected a string, but got a ${typeof seconds} instead.`);
  }
  if (!model.startsWith('veo-') || typeof size !== 'string' || isSmall(size)) return;
  mustBeOneOf('size', size, VEO_SIZES);
  if (typeof seconds === 'string') mustBeOneOf('seconds', seconds, VEO_SECONDS);
}

function refuseModel({ model }: Fields): string {
  if (typeof model !== 'string' || model === '') {
    throw new ApiError(400, 'you must provide a model parameter', 'missing_required_parameter', {}, 'model');
  }
  if (!SHUT_DOWN.test(model)) return model;
  throw new ApiError(404, `The model '${model}' does not exist or you do not have access to it.`, 'model_not_found');
}

function refuseUnknown(request: Fields, known: ReadonlySet<string>): void {
  const name = Object.keys(request).find((field) => !known.has(field));
  if (name !== undefined) {
    throw new ApiError(400, `Unknown parameter: '${name}'.`, 'unknown_parameter', {}, name);
  }
}

function isSmall(size: string): boolean {
  return Math.max(...size.split('x').map(Number)) < REAL_WIDTH;
}

function mustBeOneOf(field: string, value: string, values: readonly string[]): void {
  if (values.includes(value)) return;
  const listed = values.map((each) => `'${each}'`);
  const list = [listed.slice(0, -1).join(', '), listed.at(-1)].join(', and ');
  throw invalid(field, `Invalid value: '${value}'. Supported values are: ${list}.`);
}

function invalid(field: string, message: string): ApiError {
  return new ApiError(400, message, 'invalid_value', {}, field);
}
