import { CLIP, PICTURE } from './ffmpeg';
import type { Inspected } from '../media/inspect-clip';

export const FRAMES_PER_SECOND = 24;
/** The most frames that are repeated if a clip ends between two frames. A clip that lacks more frames is faulty. */
const MAX_REPEATED = 2;

/** How every frame of a film is encoded. */
export const ENCODING = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '20', '-pix_fmt', 'yuv420p'] as const;

/** The colour fields as the filter leaves them; an older ffmpeg does not pass them on. */
const COLOURS = [
  '-color_range',
  'tv',
  ...['-colorspace', '-color_primaries', '-color_trc'].flatMap((of) => [of, 'bt709']),
];

/** What a film shows of one scene, and for how many frames. */
export interface FormedPart {
  readonly kind: 'clip' | 'still';
  readonly source: string;
  readonly frames: number;
  /** Cuts off what is beyond the frame, instead of adding borders. */
  readonly fill?: boolean;
  /** The form of a clip whose frames have to be brought to those of the film before all else. */
  readonly odd?: string | undefined;
}

/** `WIDTHxHEIGHT` in pixels, as the film has it: H.264 allows even numbers only. */
export function filmSize(frameSize: string): { readonly width: number; readonly height: number } {
  const [width = 2, height = 2] = frameSize.split('x').map((side) => Math.max(2, 2 * Math.floor(Number(side) / 2)));
  return { width, height };
}

/**
 * The filter that brings pictures of any size, pixel shape, colour range and speed to the film's form, without cutting
 * anything off. Rotation from metadata has been applied before.
 */
export function formOf(frameSize: string): string {
  const { width, height } = filmSize(frameSize);
  const even = (side: string) => `'max(2,2*round(${side}/2))'`;
  return [
    'setpts=PTS-STARTPTS',
    `scale=${even(`min(${width},${height}*dar)`)}:${even(`min(${height},${width}/dar)`)}:out_range=tv:out_color_matrix=bt709`,
    'format=yuv420p',
    `pad=${width}:${height}:-1:-1`,
    'setsar=1',
    'setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709',
    `fps=${FRAMES_PER_SECOND}`,
    `tpad=stop=${MAX_REPEATED}:stop_mode=clone`,
  ].join(',');
}

/** The filter that fills the whole frame and cuts off what is beyond it, on both sides alike. */
export function fillOf(frameSize: string): string {
  const { width, height } = filmSize(frameSize);
  return `scale=iw*sar:ih,scale=${width}:${height}:force_original_aspect_ratio=increase,crop=${width}:${height},setsar=1`;
}

/** The light of white paper in HDR, in cd/m2. Source: ITU-R BT.2408. */
const HDR_WHITE = 203;

/**
 * The filter that brings HDR to the colours and the brightness of the film. White becomes white, and only what is brighter
 * loses contrast. `matrix` is how the frames have their colours; `input` if
 * they state that themselves, which clips do not always.
 */
export function fromHdr(transfer: string, matrix: 'bt2020nc' | 'input'): string {
  return [
    `zscale=tin=${transfer}:min=${matrix}:pin=bt2020:t=linear:npl=${HDR_WHITE}`,
    'format=gbrpf32le',
    'zscale=p=bt709',
    'tonemap=mobius:param=0.6:peak=5',
    'zscale=t=bt709:m=bt709:r=tv',
  ].join(',');
}

/** It comes before the change of colours, whose frames are large. */
function within(frameSize: string): string {
  const { width, height } = filmSize(frameSize);
  return `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2`;
}

/** ffmpeg's arguments to make a part an mp4 in the film's form, of exactly its frames. */
export function formingArgs(part: FormedPart, frameSize: string, target: string): string[] {
  const { kind, source, frames, fill, odd = '' } = part;
  const hdr = hdrOf(odd);
  // With a filter graph of its own for each size, the times in a clip that changes its size would begin anew.
  const input =
    kind === 'clip'
      ? [...CLIP, '-reinit_filter', '0', '-i', source]
      : [...PICTURE, '-loop', '1', '-framerate', `${FRAMES_PER_SECOND}`, '-i', source];
  const filters = [
    ...(INTERLACED.test(odd) ? ['bwdif=mode=send_frame'] : []),
    ...(fill ? [fillOf(frameSize)] : []),
    ...(hdr ? [within(frameSize), fromHdr(hdr, 'bt2020nc')] : []),
    formOf(frameSize),
  ];
  const output = ['-map', '0:V:0', '-vf', filters.join(','), ...ENCODING, ...COLOURS, '-frames:v', `${frames}`, '-an'];
  return [...input, ...output, target];
}

/**
 * Whether a clip is in the film's form, with as many frames as the film shows of it. Such a clip is used unchanged
 * beside others of exactly the same form. The form must be the same because a concat list applies its first clip's form
 * to all.
 */
export function isInForm(clip: Inspected, frames: number, frameSize: string): boolean {
  const { width, height } = filmSize(frameSize);
  const hasForm =
    clip.container.includes('mp4') &&
    clip.framesPerSecond === FRAMES_PER_SECOND &&
    PLAIN.test(clip.form) &&
    clip.faults.length === 0;
  return hasForm && clip.width === width && clip.height === height && clip.frames === frames;
}

/** H.264 of 8 bits in an mp4, in limited range, with square pixels, progressive, and neither turned nor mirrored. */
const PLAIN =
  /^h264 \((?:Constrained Baseline|Baseline|Main|High)\) \(avc1 \/ 0x31637661\), yuv420p(?:\((?:tv, )?(?:bt709, )?progressive\))?, \d+x\d+ \[SAR 1:1 DAR [\d:]+\], .*, upright, header \d/;

/**
 * Whether browsers show a clip as it is. In an mp4 they show H.264 with 8 bits, VP9 and AV1, and in a WebM VP8, VP9 and AV1.
 * They show neither HDR, nor frames of two pictures, nor a change of form as they should be. Viewers see each clip long
 * before the film.
 */
export function isShowable({ form, changes, container }: Inspected): boolean {
  const shown = container.includes('matroska') ? IN_WEBM : container.includes('mp4') ? IN_MP4 : undefined;
  return shown !== undefined && !changes && shown.test(form) && !isOdd(form);
}

/** Whether a clip is in HDR, or has two pictures in each frame. */
export function isOdd(form: string): boolean {
  return hdrOf(form) !== undefined || INTERLACED.test(form);
}

const IN_MP4 = /^(?:(?:h264|vp9)\b[^,]*, yuv[aj]?420p[(,]|av1\b)/;
const IN_WEBM = /^(?:vp[89]\b[^,]*, yuv[aj]?420p[(,]|av1\b)/;
const INTERLACED = /\b(?:top|bottom) (?:coded )?first\b/;

/** The transfer function of a clip in HDR. */
function hdrOf(form: string): string | undefined {
  return /smpte2084|arib-std-b67/.exec(form)?.[0];
}
