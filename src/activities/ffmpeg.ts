import { spawn } from 'node:child_process';
import { boundedLine, StoryreelError } from '../protocol';

const MOST_LOG = 64 * 1024;
const MOST_QUOTE_BYTES = 200;

const FILES_ONLY = ['-protocol_whitelist', 'file'] as const;

/** For an input that a provider has made: a list that poses as a clip would have ffmpeg open whatever it names. */
export const CLIP = [...FILES_ONLY, '-format_whitelist', 'mov,matroska'] as const;
export const PICTURE = [...FILES_ONLY, '-f', 'image2', '-pattern_type', 'none'] as const;
/** Our own list of such clips. */
export const CLIPS = [...FILES_ONLY, '-format_whitelist', 'concat,mov,matroska', '-f', 'concat', '-safe', '0'] as const;

interface Outcome {
  readonly code: number | null;
  readonly log: string;
}

/** Runs ffmpeg and gives what it wrote to stderr. Rejects with the signal's reason when that aborts; the process is gone then. */
function run(path: string, args: readonly string[], signal: AbortSignal): Promise<Outcome> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(path, ['-hide_banner', '-nostdin', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    child.stderr.on('data', (data: Buffer) => (log = (log + data.toString('utf8')).slice(-MOST_LOG)));
    child.on('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', kill);
      reject(
        new StoryreelError(
          'Film.Failed',
          `ffmpeg cannot be run (${error.code}). Install it, or set FFMPEG_PATH to it.`,
          {
            cause: error,
          },
        ),
      );
    });
    child.on('close', (code) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ code, log });
    });
  });
}

/** Runs ffmpeg to its end. Throws `Film.Failed` with its last line where it fails. */
export async function ffmpeg(path: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const { code, log } = await run(path, ['-loglevel', 'error', '-y', ...args], signal);
  if (code === 0) return;
  if (/No space left on device/i.test(log)) {
    const cause = Object.assign(new Error('ffmpeg could not write'), { code: 'ENOSPC' });
    throw new StoryreelError('Media.Unavailable', 'The disk of MEDIA_DIR is full. Make room there.', { cause });
  }
  const last = log.trim().split('\n').at(-1) ?? '';
  throw new StoryreelError('Film.Failed', `ffmpeg failed (exit ${code}): ${boundedLine(last, MOST_QUOTE_BYTES)}`);
}

export interface ClipInfo {
  readonly seconds: number;
  readonly width: number;
  readonly height: number;
}

/** Length and frame size of a video file. Throws `Video.JobFailed` where it is none. */
export async function probeClip(path: string, file: string, signal: AbortSignal): Promise<ClipInfo> {
  const { log } = await run(path, [...CLIP, '-i', file], signal);
  const time = /Duration: (\d+):(\d+):(\d+\.\d+)/.exec(log);
  const frame = /Video: .*?\b(\d{2,5})x(\d{2,5})\b/.exec(log);
  if (!time || !frame)
    throw new StoryreelError('Video.JobFailed', 'The provider answered with something that is no video.');
  const [, hours, minutes, seconds] = time;
  return {
    seconds: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds),
    width: Number(frame[1]),
    height: Number(frame[2]),
  };
}
