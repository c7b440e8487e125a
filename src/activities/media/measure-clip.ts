import { boundedLine } from '../../protocol';
import { UndecodedMedia, UnusableMedia } from '../../providers';
import { isCutShort, pictureTypeOf, undecodedTypeOf } from './cut-file';
import { inspectClip, type Inspected } from './inspect-clip';

/** No clip of a scene is as long; one that poses as one would have to be decoded for hours. */
const MAX_SECONDS = 600;
/** The least share of the ordered length. Models round to frames, and some begin or end a little early. */
const LEAST_SHARE = 0.75;
/** A clip with a shorter side is a placeholder. */
const LEAST_SIDE = 8;
const MAX_QUOTE_BYTES = 160;

/**
 * Decodes a clip to its end and returns its measures. Throws `UnusableMedia` if the clip cannot be shown as a scene of
 * `ordered` seconds.
 */
export async function measureClip(
  path: string,
  file: string,
  ordered: number,
  signal: AbortSignal,
): Promise<Inspected> {
  const found = await inspectClip(path, file, signal, MAX_SECONDS);
  const picture = await pictureTypeOf(file);
  // A picture in AVIF or HEIC is read as a clip of one frame.
  if (found?.container.includes('mp4') && picture !== undefined) throw inPlace(picture);
  if (!found) throw picture === undefined ? noClip(await undecodedTypeOf(file)) : inPlace(picture);
  const [fault = (await isCutShort(file)) ? 'the file ends before its last frame' : undefined] = found.faults;
  if (fault !== undefined) {
    const where = `after ${rounded(found.seconds)} s (${boundedLine(withoutAddresses(fault.replaceAll(`${file}: `, '')), MAX_QUOTE_BYTES)})`;
    throw new UnusableMedia(`The provider's clip is damaged ${where}.`);
  }
  if (Math.min(found.width, found.height) < LEAST_SIDE) {
    throw new UnusableMedia(`The provider's clip has only ${found.width}x${found.height} pixels.`);
  }
  if (found.seconds < LEAST_SHARE * ordered) {
    throw new UnusableMedia(`The provider's clip lasts ${rounded(found.seconds)} s, and ${ordered} s were ordered.`);
  }
  if (found.seconds >= MAX_SECONDS) {
    throw new UnusableMedia(`The provider's clip lasts more than ${MAX_SECONDS} s, and ${ordered} s were ordered.`);
  }
  return found;
}

const NO_CLIP = 'The provider answered with something that is no video, or with one of which no frame can be decoded.';

function noClip(what: string | undefined): UnusableMedia {
  if (what === undefined) return new UnusableMedia(NO_CLIP);
  return new UndecodedMedia(
    `The provider's clip is ${what}. It is not ordered again by itself. Choose a model, or a setting of it, that makes an MP4, then retry.`,
  );
}

function inPlace(type: string): UnusableMedia {
  return new UnusableMedia(`The provider answered with a picture (${type}) in the place of a clip.`);
}

/** Without the addresses of ffmpeg's parts, which differ each time. */
function withoutAddresses(fault: string): string {
  return fault.replace(/^(?:\[[^\]]*\] *)+/, '');
}

function rounded(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
