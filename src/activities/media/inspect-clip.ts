import { boundedLine, StoryreelError } from '../../protocol';
import { CLIP, runFfmpeg } from '../film/ffmpeg';

/** The clock of the measurement; each usual frame rate has whole ticks per frame. */
const TICKS_PER_SECOND = 90_000;
/** Error lines that do not stop the reading but show damage; a stream that is only unusual has other lines. */
const DAMAGE = /\[(?:error|fatal)\].*(?:prematurely|truncat|partial file|invalid data|corrupt)/i;
/** A line of the decoder, once for each change. */
const CHANGES = /filter graph because video parameters changed/i;
/** The fault of the program, whatever file it is given. */
const NOT_OURS =
  /unrecognized option|option not found|error splitting the argument|unknown encoder|muxer not found|not a suitable output format/i;
const MAX_QUOTE_BYTES = 160;
/** The length of the last frame if the clip does not state it and there is no other frame. */
const USUAL_FRAME = 1 / 24;

/** The measures of the first video stream of a file. */
export interface Inspected {
  /**
   * From the beginning of the first frame to the end of the last. Other streams and the header's own statement do not
   * count.
   */
  readonly seconds: number;
  readonly frames: number;
  /** In pixels, as it is shown: after its rotation. */
  readonly width: number;
  readonly height: number;
  /**
   * Codec, profile, tag, pixel format, range, colours, size, sample aspect, rates, time base, turn or mirror, and the
   * hash of the codec's own header. Two clips with equal values can follow each other in one stream.
   */
  readonly form: string;
  /** ffmpeg's names of the file's format, such as `mov,mp4,m4a`. */
  readonly container: string;
  /** The media type under which the file is stored. */
  readonly mediaType: string;
  /** Frames behind the first have another size or other pixels. Only known of a clip that was decoded. */
  readonly changes: boolean;
  /** Set if all frames have the same length, and none is hidden. */
  readonly framesPerSecond?: number;
  /** The complaints of the reader and of the decoder. */
  readonly faults: readonly string[];
}

/**
 * Decodes a clip to its end and measures it. Undefined if the file is in no format for clips.
 * Throws `Film.Failed` if ffmpeg itself fails.
 */
export async function inspectClip(
  path: string,
  file: string,
  signal: AbortSignal,
  mostSeconds?: number,
): Promise<Inspected | undefined> {
  const upTo = mostSeconds === undefined ? [] : ['-t', `${mostSeconds}`];
  return (await inspect(path, [file], signal, ['-enc_time_base', `1/${TICKS_PER_SECOND}`, ...upTo]))[0];
}

/**
 * The same for clips as they are stored, all read by one process. If one of them cannot be read, little may be known of
 * the others.
 */
export function inspectTogether(
  path: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<readonly (Inspected | undefined)[]> {
  return inspect(path, files, signal, ['-c', 'copy']);
}

async function inspect(
  path: string,
  files: readonly string[],
  signal: AbortSignal,
  how: readonly string[],
): Promise<readonly (Inspected | undefined)[]> {
  const read = files.map((_, i) => new Frames(i));
  const { code, log } = await runFfmpeg(
    path,
    [
      ...['-loglevel', 'level+info', '-xerror', ...files.flatMap((file) => [...CLIP, '-i', file])],
      ...[...files.flatMap((_, i) => ['-map', `${i}:V:0`]), ...how, '-f', 'framecrc', '-'],
    ],
    signal,
    (line) => read.forEach((frames) => frames.read(line)),
  );
  if (read.every(({ count }) => count === 0) && NOT_OURS.test(log)) {
    const [first = ''] = log.split('\n').filter((line) => NOT_OURS.test(line));
    throw new StoryreelError(
      'Film.Failed',
      `This ffmpeg cannot measure a clip: ${boundedLine(first, MAX_QUOTE_BYTES)}`,
    );
  }
  const inputs = partOf(log, 'input').split(/^(?=\[info\] Input #\d+, )/m);
  const damage = partOf(log, 'reading')
    .split('\n')
    .filter((line) => DAMAGE.test(line));
  const faults = code === 0 ? damage : [...damage, `exit ${code}`];
  const changes = CHANGES.test(log);
  return read.map((frames, i) => {
    const input = inputs.find((part) => part.startsWith(`[info] Input #${i}, `));
    return input === undefined ? undefined : inspected(frames, input, { faults, changes });
  });
}

function inspected(frames: Frames, input: string, rest: Pick<Inspected, 'faults' | 'changes'>): Inspected | undefined {
  const description = /^\[info\] +Stream #\d+:\d+.*?: Video: (.*)$/m.exec(input)?.[1];
  if (frames.count === 0 || description === undefined) return undefined;
  // A picture that is mirrored only is turned by 0 degrees.
  const rotation = /rotation of (-?[\d.]+) degrees/i.exec(input)?.[1];
  const turn = rotation === undefined ? 'upright' : `turned by ${rotation}`;
  const { framesPerSecond } = frames;
  const container = /^\[info\] Input #\d+, (\S+), from /.exec(input)?.[1] ?? '';
  return {
    seconds: frames.seconds,
    frames: frames.count,
    width: frames.width,
    height: frames.height,
    form: `${described(description)}, ${turn}, header ${frames.header}, ${frames.timeBase}`,
    container,
    mediaType: container.includes('matroska') ? 'video/webm' : 'video/mp4',
    ...(framesPerSecond !== undefined && { framesPerSecond }),
    ...rest,
  };
}

/** ffmpeg reports on the file itself before it reports on its work. */
function partOf(log: string, part: 'input' | 'reading'): string {
  const at = log.search(/^\[info\] (?:Stream mapping|Output #)/m);
  if (at < 0) return part === 'input' ? log : '';
  return part === 'input' ? log.slice(0, at) : log.slice(at);
}

/** Without what is no matter of form. */
function described(description: string): string {
  return description.replace(/, \d+ kb\/s/, '').replace(/ \((?:default|forced)\)/g, '');
}

/** One stream of ffmpeg's list of frames: a head, then `stream, dts, pts, duration, bytes, checksum[, flags]` a line. */
class Frames {
  count = 0;
  width = 0;
  height = 0;
  header = 'none';
  timeBase = '1/1';
  private readonly times: number[] = [];
  private readonly lengths = new Set<number>();
  private end = -Infinity;
  private lastLength = 0;
  private hidden = false;

  constructor(private readonly index: number) {}

  read(line: string): void {
    const [, name = '', of, value = ''] = /^#(\w+) (\d+): +(.+)$/.exec(line) ?? [];
    if (of !== undefined && Number(of) !== this.index) return;
    if (name === 'dimensions') [this.width = 0, this.height = 0] = value.split('x').map(Number);
    if (name === 'tb') this.timeBase = value;
    if (name === 'extradata') this.header = value.replace(/\s/g, '');
    if (line.startsWith('#')) return;
    const [stream, , pts = NaN, length = 0] = line.split(',').map(Number);
    if (stream !== this.index || !Number.isFinite(pts)) return;
    this.count += 1;
    this.times.push(pts);
    this.lengths.add(length);
    // Frames may be stored in another order than they are shown; this is the last frame that is shown.
    if (pts + length > this.end) [this.end, this.lastLength] = [pts + length, length];
    const flags = Number(/F=(0x[\da-f]+)/i.exec(line)?.[1] ?? 0);
    if ((flags & DISCARD) !== 0 || line.includes('S=')) this.hidden = true;
  }

  get seconds(): number {
    const [per = 1, each = 1] = this.timeBase.split('/').map(Number);
    const first = this.times.reduce((least, time) => Math.min(least, time), Infinity);
    const length = ((this.end - first) * per) / each;
    if (this.lastLength > 0) return length;
    // The last frame lasts as long as the others.
    return length + (this.count > 1 ? length / (this.count - 1) : USUAL_FRAME);
  }

  get framesPerSecond(): number | undefined {
    const [length = 0] = this.lengths;
    if (this.hidden || this.lengths.size !== 1 || length <= 0) return undefined;
    const times = [...this.times].sort((a, b) => a - b);
    if (times.some((time, i) => time !== i * length)) return undefined;
    const [per = 1, each = 1] = this.timeBase.split('/').map(Number);
    return each / (per * length);
  }
}

/** The flag of a packet that a reader drops after it is decoded. */
const DISCARD = 0x4;
