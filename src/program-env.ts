import { accessSync, constants } from 'node:fs';

export type Env = Readonly<Record<string, string | undefined>>;

/** Without these some program that is installed does not run: libraries, and the shims of version managers. */
const TO_RUN = /^(?:PATH|HOME|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|(?:ASDF|MISE|PYENV)_\w+)$/;

/**
 * The environment of a program that is controlled by arguments alone, such as ffmpeg. A shell has many variables for
 * other programs, and each may change the behaviour of a library. Only the variables that are named here pass.
 */
export function programEnv(env: Env = process.env, passes = isToRun): Record<string, string> {
  // Messages are read by us, and times in logs are compared.
  return { ...passing(env, passes), LC_ALL: 'C', TZ: 'UTC' };
}

export function isToRun(name: string): boolean {
  return TO_RUN.test(name);
}

/** The variables that pass, and the folder for temporary files if it can be used. */
export function passing(env: Env, passes: (name: string) => boolean): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && passes(entry[0]),
  );
  const own = Object.fromEntries(kept);
  if (env['TMPDIR'] && isWritable(env['TMPDIR'])) own['TMPDIR'] = env['TMPDIR'];
  return own;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
