import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageSize } from 'image-size';
import { StoryreelError } from '../../protocol';
import { sizeOption, UnusableMedia, type Media } from '../../providers';
import { ffmpeg } from '../film/ffmpeg';
import { filmSize, formingArgs, fromHdr, FRAMES_PER_SECOND, isOdd, isShowable } from '../film/film-form';
import type { Inspected } from './inspect-clip';
import type { LaneRun } from '../lanes/lane-run';
import { hdrOfPicture, isPlainPicture } from './plain-picture';
import { inWorkFolder } from './work-folder';

/**
 * The most pixels that a picture may state. A larger picture is useless for a film, and decoding it would fill the
 * memory.
 */
const MAX_PIXELS = 100_000_000;
/** A picture with a shorter side is a placeholder, which some services send in place of a picture. */
const LEAST_SIDE = 8;
/** A clip that is longer by no more than a frame or two is left as it is. */
const LONGER_SECONDS = 0.1;

/**
 * The formats in which a picture from outside may be read, each recognised by its own bytes; none can name other files.
 */
const ANY_PICTURE = [
  ...['-protocol_whitelist', 'file'],
  ...['-format_whitelist', 'png_pipe,apng,webp_pipe,webp_anim,gif,mov,bmp_pipe,tiff_pipe,jpegxl_pipe'],
];
/** A JPEG may have anything behind its end, and is decoded with grey in the place of damage unless errors end it. */
const JPEG = ['-protocol_whitelist', 'file', '-xerror', '-err_detect', 'explode', '-f', 'jpeg_pipe'];

export interface Picture extends Media {
  readonly width: number;
  readonly height: number;
}

/**
 * Brings a picture to the frame's size and to a plain PNG or JPEG. What is beyond the frame is cut off on both sides
 * alike. A plain picture of that size is taken as it is. Throws `UnusableMedia` for a picture that cannot be read, and
 * for one of a few pixels.
 */
export async function fitPicture(run: LaneRun, image: Media, frameSize: string): Promise<Picture> {
  const known = sizeIn(image.bytes);
  const wanted = sizeOption(frameSize);
  if (wanted && Math.min(known.width, known.height) < Math.min(LEAST_SIDE, wanted.width, wanted.height)) {
    throw new UnusableMedia(`its image has only ${known.width}x${known.height} pixels`);
  }
  const isPlain = isPlainPicture(image.bytes, image.mediaType) && !known.isTurned;
  const isKept = !wanted || (isPlain && known.width === wanted.width && known.height === wanted.height);
  const kept = { ...image, width: known.width, height: known.height };
  // The sums in a PNG have shown that it is whole; whether a JPEG is, only a decoder knows.
  if (isKept && image.mediaType !== 'image/jpeg') return kept;
  const mediaType = image.mediaType === 'image/jpeg' ? 'image/jpeg' : 'image/png';
  const hdr = hdrOfPicture(image.bytes, image.mediaType);
  return inWorkFolder(run, async (folder) => {
    const source = join(folder, 'given');
    const target = join(folder, mediaType === 'image/png' ? 'fitted.png' : 'fitted.jpg');
    await writeFile(source, image.bytes);
    const input = [...(mediaType === 'image/jpeg' ? JPEG : ANY_PICTURE), '-i', source, '-map', '0:v:0'];
    const form = (...colours: readonly string[]) => {
      const filter = [cover(frameSize), ...colours, ...(mediaType === 'image/png' ? ['format=rgb24|rgba'] : [])];
      const output = ['-frames:v', '1', '-update', '1', '-q:v', '2', '-vf', filter.join(','), target];
      return ffmpeg(run.deps.config.FFMPEG_PATH, [...input, ...output], run.signal);
    };
    await asUnusable(hdr === undefined ? form() : withoutHdr(form(`${fromHdr(hdr, 'input')},format=yuv444p`), form));
    return isKept ? kept : { bytes: await readFile(target), mediaType, width: wanted.width, height: wanted.height };
  });
}

/** Some ffmpegs lack what HDR needs: its colours are paler then, which is better than nothing. */
async function withoutHdr(work: Promise<void>, plain: () => Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isOfInput(error)) throw error;
    return plain();
  });
}

/** What a clip is, and what was ordered. */
export interface ClipFit {
  readonly info: Inspected;
  readonly seconds: number;
  readonly frameSize: string;
  /** The clip was ordered in another size than the frame's, because the model does not offer the frame's size. */
  readonly isOtherSize: boolean;
}

/**
 * Whether a clip is longer than its scene, or cannot be shown in a browser. Or it is of a size that was only asked for
 * because the right one cannot be had.
 */
export function needsFitting({ info, seconds, frameSize, isOtherSize }: ClipFit): boolean {
  const { width, height } = filmSize(frameSize);
  const isMisfit = isOtherSize && (info.width !== width || info.height !== height);
  return info.seconds > seconds + LONGER_SECONDS || !isShowable(info) || isMisfit;
}

/**
 * Cuts a clip to its scene's length and to the frame, and converts it to the film's form. Returns the path of the new
 * file.
 */
export async function fitClip(run: LaneRun, folder: string, source: string, fit: ClipFit): Promise<string> {
  const { info, seconds, frameSize, isOtherSize: fill } = fit;
  const target = join(folder, 'fitted.mp4');
  const frames = Math.max(1, Math.round(Math.min(info.seconds, seconds) * FRAMES_PER_SECOND));
  const form = (odd?: string) =>
    ffmpeg(
      run.deps.config.FFMPEG_PATH,
      formingArgs({ kind: 'clip', source, frames, fill, odd }, frameSize, target),
      run.signal,
    );
  const odd = isOdd(info.form) ? info.form : undefined;
  await (odd === undefined ? form() : withoutHdr(form(odd), form));
  return target;
}

/** Fills the whole frame; what is beyond it goes. */
function cover(frameSize: string): string {
  const [width, height] = frameSize.split('x');
  return `scale=${width}:${height}:force_original_aspect_ratio=increase,crop=${width}:${height}`;
}

/** The size in which a picture is stored, and whether it is to be turned or mirrored when it is shown. */
function sizeIn(bytes: Buffer): { readonly width: number; readonly height: number; readonly isTurned: boolean } {
  let size: ReturnType<typeof imageSize>;
  try {
    size = imageSize(bytes);
  } catch {
    throw new UnusableMedia('its image has no size that can be read');
  }
  const { width, height, orientation = 1 } = size;
  if (width < 1 || height < 1 || width * height > MAX_PIXELS) {
    throw new UnusableMedia(`its image states ${width}x${height} pixels`);
  }
  return { width, height, isTurned: orientation > 1 };
}

/** If ffmpeg itself can run, a file that it cannot read is unusable. */
async function asUnusable(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isOfInput(error)) throw error;
    throw new UnusableMedia('its image is damaged, or of a kind that ffmpeg cannot read');
  });
}

/** Whether ffmpeg ran, and could not do with this file what it was asked to. */
function isOfInput(error: unknown): error is StoryreelError {
  return error instanceof StoryreelError && error.type === 'Film.Failed' && error.cause === undefined;
}
