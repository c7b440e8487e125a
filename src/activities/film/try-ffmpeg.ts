import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { programEnv } from '../../program-env';
import { boundedLine } from '../../protocol';
import { ENCODING, formOf } from './film-form';

const ANSWER_MS = 10_000;
const MAX_QUOTE_BYTES = 160;
const FRAME = '64x36';
/** The bytes of one frame in yuv420p. */
const FRAME_BYTES = (64 * 36 * 3) / 2;

export interface FfmpegTrial {
  /** Undefined if ffmpeg does not run at all. */
  readonly version?: string;
  /** Why this ffmpeg cannot make a film. */
  readonly fault?: string;
}

/** Tries whether this ffmpeg brings a frame to the film's form, and has what clips and captions come in. Never throws. */
export async function tryFfmpeg({ FFMPEG_PATH: path }: { readonly FFMPEG_PATH: string }): Promise<FfmpegTrial> {
  let version: string | undefined;
  try {
    const [formats, encoders] = await Promise.all([outputOf(path, ['-formats']), outputOf(path, ['-encoders'])]);
    version = /version (\S+)/.exec(formats.stderr)?.[1] ?? 'unknown version';
    const lacks = [
      ...['concat', 'image2', 'matroska', 'mov'].filter((name) => !has(formats.stdout, 'D', name)),
      ...['framecrc', 'mp4'].filter((name) => !has(formats.stdout, 'E', name)),
      ...['libx264', 'mov_text'].filter((name) => !has(encoders.stdout, '', name)),
    ];
    if (lacks.length > 0) return { version, fault: `it has no ${lacks.join(', ')}` };
    const input = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', FRAME, '-i', 'pipe:0'];
    const work = ['-vf', formOf(FRAME), ...ENCODING, '-frames:v', '1', '-f', 'framecrc', '-'];
    await outputOf(path, ['-hide_banner', '-loglevel', 'error', ...input, ...work], Buffer.alloc(FRAME_BYTES, 0x80));
    return { version };
  } catch (error) {
    return { ...(version !== undefined && { version }), fault: reasonOf(error) };
  }
}

async function outputOf(path: string, args: readonly string[], input?: Buffer) {
  const running = promisify(execFile)(path, args, {
    env: programEnv(),
    timeout: ANSWER_MS,
    maxBuffer: 4 * 1024 * 1024,
  });
  // It may end before it has read its input.
  running.child.stdin?.on('error', () => undefined).end(input);
  return running;
}

/** A line of such a list has flags (D: it is read, E: it is written), then names with commas, then words. */
function has(list: string, flag: string, name: string): boolean {
  return list.split('\n').some((line) => {
    const [flags = '', names = ''] = line.trim().split(/\s+/);
    return flags.includes(flag) && names.split(',').includes(name);
  });
}

function reasonOf(error: unknown): string {
  const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
  if (typeof code === 'string') return code;
  // Without the banner, whose lines after the first are indented.
  const [first = message] = (stderr ?? '').split('\n').filter((line) => line && !/^(?:ffmpeg version| )/.test(line));
  return boundedLine(first.replace(/^(?:\[[^\]]*\] *)+/, ''), MAX_QUOTE_BYTES);
}
