/**
 * The language of a project's texts and the form of its pictures, as people state them. A project without them has the
 * language of its topic, and the frame of `FRAME_SIZE`.
 */

/** What a language must be, in the words of a refusal. */
export const LANGUAGE_RULE = 'must be a language tag, such as en, zh or pt-BR';
/** What a frame must be, in the words of a refusal. */
export const FRAME_RULE =
  'must be an aspect ratio such as 16:9, 9:16 or 1:1, or a size such as 720x1280; at most four times as long as wide';

const TAG = /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$/;
/** Tags that name no language. */
const NO_LANGUAGE = /^(und|mul|mis|zxx|root)\b/;

/** The tag in its usual spelling; undefined if it names no language. Source: BCP 47. */
export function parseLanguage(text: string): string | undefined {
  let tag: string | undefined;
  try {
    [tag] = Intl.getCanonicalLocales(text.trim());
  } catch {
    return undefined;
  }
  if (tag === undefined || !TAG.test(tag) || NO_LANGUAGE.test(tag)) return undefined;
  const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
  return names.of(new Intl.Locale(tag).language) === undefined ? undefined : tag;
}

/** The name of a language, in English or in another language. */
export function languageName(tag: string, inLanguage = 'en'): string {
  return new Intl.DisplayNames([inLanguage], { type: 'language' }).of(tag) ?? tag;
}

const SIDES = { least: 16, most: 4_096 };
const LONGEST = 4;

/** The frame in its usual spelling; undefined if it is none. */
export function parseFrame(text: string): string | undefined {
  const frame = text.trim().toLowerCase().replace('×', 'x').replace(/\s/g, '');
  const ratio = /^([1-9]\d?):([1-9]\d?)$/.exec(frame);
  const size = /^([1-9]\d{1,3})x([1-9]\d{1,3})$/.exec(frame);
  const [width = 0, height = 0] = (ratio ?? size ?? []).slice(1).map(Number);
  if (width === 0 || width > LONGEST * height || height > LONGEST * width) return undefined;
  if (size && (Math.min(width, height) < SIDES.least || Math.max(width, height) > SIDES.most)) return undefined;
  return frame;
}

/**
 * The size of a frame in pixels, `WIDTHxHEIGHT`. An aspect ratio has the shorter side of the usual frame, so 9:16 of
 * 1280x720 is 720x1280. Without a frame it is the usual one.
 */
export function sizeOfFrame(usual: string, frame: string | undefined): string {
  if (frame === undefined) return usual;
  if (frame.includes('x')) return frame;
  const short = Math.min(...usual.split('x').map(Number));
  const [across = 1, down = 1] = frame.split(':').map(Number);
  // Video needs sides of even length.
  const long = 2 * Math.round((short * Math.max(across, down)) / Math.min(across, down) / 2);
  if (across === down) return `${short}x${short}`;
  return across > down ? `${long}x${short}` : `${short}x${long}`;
}
