import { spawn } from 'node:child_process';
import { programEnv } from '../../../src/program-env';
import type { Size } from '../drawing/size';
import { cameraFilter, cameraIn } from './camera-filter';

export interface ClipOrder {
  ffmpegPath: string;
  picture: string;
  target: string;
  prompt: string;
  frames: number;
  size: Size;
  /** Stops ffmpeg; the promise is then rejected with the signal's reason. */
  signal: AbortSignal;
  /** Called with the number of frames that are done. */
  onFrame: (frame: number) => void;
}

/** Renders an H.264 clip of exactly so many frames at 24 a second. Throws with ffmpeg's last words when it fails. */
export async function renderClip(order: ClipOrder): Promise<void> {
  const { ffmpegPath, picture, target, prompt, frames, size, signal, onFrame } = order;
  const filter = cameraFilter(cameraIn(prompt), size, frames);
  const input = ['-f', 'image2pipe', '-i', `file:${picture}`];
  const encode = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '21', '-pix_fmt', 'yuv420p', '-threads', '1'];
  const output = ['-frames:v', String(frames), '-r', '24', '-an', '-movflags', '+faststart', '-y', `file:${target}`];
  const talk = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-progress', 'pipe:1', '-stats_period', '0.1'];
  const child = spawn(ffmpegPath, [...talk, '-filter_threads', '1', ...input, '-vf', filter, ...encode, ...output], {
    env: programEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const frame = /frame=(\d+)/.exec(text)?.[1];
    if (frame !== undefined) onFrame(Number(frame));
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
      if (child.pid === undefined) reject(error);
    });
    child.once('close', (status) => (failure ? reject(failure) : resolve(status)));
  });
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${complaint.trim()}`);
}
