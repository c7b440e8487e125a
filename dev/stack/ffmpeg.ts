import { childEnv } from '../child-env';
import { findProgram, isExecutableFile, prints } from './find-program';
import { filesBelow } from './files-below';
import { pythonPackage } from './python-package';
import { StackError } from './stack-error';
import type { StackContext } from './stack-types';

const PACKAGE = { folder: 'imageio-ffmpeg-0.8.1', requirements: ['imageio-ffmpeg==0.8.1'] };

/** An ffmpeg that can make the film: H.264 pictures and a subtitle track. */
export async function findFfmpeg(context: StackContext): Promise<string> {
  const { env, toolsDir, report, signal } = context;
  const check = prints(['-hide_banner', '-encoders'], ['libx264', 'mov_text'], childEnv(env));
  const otherwise = 'put an ffmpeg with libx264 on PATH, or name one in STORYREEL_FFMPEG';
  let program = await findProgram(context, { variable: 'STORYREEL_FFMPEG', names: ['ffmpeg'], check });
  if (!program) {
    try {
      const folder = await pythonPackage(PACKAGE, { toolsDir, env, report, service: 'ffmpeg', otherwise, signal });
      program = filesBelow(folder, /^ffmpeg-/).find(isExecutableFile);
    } catch (error) {
      program = fromNpm();
      if (!program) throw error;
    }
  }
  if (!program) throw new StackError('imageio-ffmpeg has no ffmpeg for this computer', `You can ${otherwise}`);
  report({ service: 'ffmpeg', message: 'ready' });
  return program;
}

/** The binary of `@ffmpeg-installer/ffmpeg`, for users who have added that package because Python is missing. */
function fromNpm(): string | undefined {
  try {
    return require.resolve(`@ffmpeg-installer/${process.platform}-${process.arch}/ffmpeg`);
  } catch {
    return undefined;
  }
}
