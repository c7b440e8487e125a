import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { programEnv } from '../../program-env';
import { boundedLine, StoryreelError } from '../../protocol';

/** The most that is kept of stderr, at its beginning and at its end. */
const MAX_LOG = 32 * 1024;
const MAX_QUOTE_BYTES = 200;
/** The most pixels of a frame, before it is decoded; an 8K frame has half as many. */
const MAX_PIXELS = 64 * 1024 * 1024;

const FILES_ONLY = ['-protocol_whitelist', 'file', '-max_pixels', `${MAX_PIXELS}`] as const;

/**
 * Limits for an input that a provider has made: a playlist disguised as a clip would make ffmpeg open any file it
 * names.
 */
export const CLIP = [
  ...FILES_ONLY,
  ...['-format_whitelist', 'mov,matroska,gif,avi,mpegts,mpeg,flv,asf,ogg,mxf,ivf,h264,hevc,apng,webp_anim'],
] as const;
export const PICTURE = [...FILES_ONLY, '-f', 'image2', '-pattern_type', 'none'] as const;
/** Our own list of such clips. */
export const CLIPS = [...FILES_ONLY, '-format_whitelist', 'concat,mov,matroska', '-f', 'concat', '-safe', '0'] as const;
/** Our own track of captions. */
export const CAPTIONS = ['-protocol_whitelist', 'file', '-f', 'mp4'] as const;

interface Outcome {
  readonly code: number | null;
  /** The output on stderr, without the middle of a long one. */
  readonly log: string;
}

/**
 * Runs ffmpeg to its end, whatever that is; `onLine` gets each line that it writes to stdout. Rejects with the signal's reason
 * if that aborts (the process is gone then), and with `Film.Failed` if there is no ffmpeg or somebody ends it.
 */
export function runFfmpeg(
  path: string,
  args: readonly string[],
  signal: AbortSignal,
  onLine?: (line: string) => void,
): Promise<Outcome> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(path, ['-hide_banner', '-nostdin', '-nostats', ...args], {
      env: programEnv(),
      stdio: ['ignore', onLine ? 'pipe' : 'ignore', 'pipe'],
    });
    let log = '';
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    child.stderr?.on('data', (data: Buffer) => (log = withoutMiddle(log + data.toString('utf8'))));
    const { stdout } = child;
    const read =
      onLine && stdout
        ? new Promise((done) => createInterface(stdout).on('line', onLine).on('close', done))
        : Promise.resolve();
    child.on('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', kill);
      const message = `ffmpeg cannot be run (${error.code}). Install it, or set FFMPEG_PATH to it.`;
      reject(new StoryreelError('Film.Failed', message, { cause: error }));
    });
    child.on('close', (code, ended) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) reject(signal.reason as Error);
      // A machine that is out of memory kills ffmpeg like this; the input is not the cause.
      else if (ended === 'SIGKILL' || ended === 'SIGTERM') {
        reject(new StoryreelError('Film.Failed', `ffmpeg was ended from outside (${ended}).`));
      } else void read.then(() => resolve({ code, log }));
    });
  });
}

function withoutMiddle(log: string): string {
  return log.length <= 2 * MAX_LOG ? log : log.slice(0, MAX_LOG) + log.slice(-MAX_LOG);
}

/** Runs ffmpeg to its end. Throws `Film.Failed` with ffmpeg's last line if it fails. */
export async function ffmpeg(path: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const { code, log } = await runFfmpeg(path, ['-loglevel', 'error', '-y', ...args], signal);
  if (code === 0) return;
  if (/No space left on device/i.test(log)) {
    const cause = Object.assign(new Error('ffmpeg could not write'), { code: 'ENOSPC' });
    throw new StoryreelError('Media.Unavailable', 'The disk of MEDIA_DIR is full. Make room there.', { cause });
  }
  const last = log.trim().split('\n').at(-1) ?? '';
  throw new StoryreelError('Film.Failed', `ffmpeg failed (exit ${code}): ${boundedLine(last, MAX_QUOTE_BYTES)}`);
}
