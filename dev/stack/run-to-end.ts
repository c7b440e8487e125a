import { spawn } from 'node:child_process';
import type { Env } from './stack-types';

interface Ended {
  /** Undefined when the program could not be started or was killed. */
  exitCode: number | undefined;
  /** Standard output and standard error as they came. */
  output: string;
  notFound: boolean;
}

interface RunOptions {
  env: NodeJS.ProcessEnv | Env;
  boundMs: number;
  uid?: number;
  gid?: number;
  signal?: AbortSignal;
  /** Called with the pid at the start. */
  onStart?: (pid: number) => void;
}

/**
 * Runs a program to its end, or kills it after `boundMs` or when the signal fires. Never throws for what the program
 * does.
 */
export function runToEnd(program: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const { boundMs, onStart, signal, ...rest } = options;
  // Node's own `timeout` of spawn is not used: if the program is not found, its timer stays and keeps us alive.
  const bound = AbortSignal.timeout(boundMs);
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(program, args, {
      ...rest,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: '/',
      signal: signal ? AbortSignal.any([signal, bound]) : bound,
      killSignal: 'SIGKILL',
    });
    if (child.pid !== undefined) onStart?.(child.pid);
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ exitCode: undefined, output: output || error.message, notFound: error.code === 'ENOENT' }),
    );
    child.on('close', (code) => resolve({ exitCode: code ?? undefined, output, notFound: false }));
  });
}
