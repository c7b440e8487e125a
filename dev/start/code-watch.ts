import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { childEnv } from '../child-env';
import type { Stack } from '../stack';
import { DIST } from './guest';

export interface CodeWatchOptions {
  readonly note: (line: string) => void;
  /** Called after each build: `code` if a worker and the gateway must run new code, `page` if only the page has changed. */
  readonly changed: (what: 'code' | 'page') => void;
  /** Fires before everything is stopped. */
  readonly stopping: AbortSignal;
}

const ROOT = join(DIST, '..');
/** Editors write a file in several steps. */
const CALM_MS = 150;

/**
 * Builds again after each change of the sources. The compiler runs as one process of its own, which watches what it compiles; the
 * page and the Lua scripts are watched here. Nothing is built at once, because whoever starts this has built.
 */
export function watchCode(stack: Stack, { note, changed, stopping }: CodeWatchOptions): void {
  let wanted: 'code' | 'page' | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isBuilding = false;
  const want = (what: 'code' | 'page') => {
    wanted = wanted === 'code' ? 'code' : what;
    clearTimeout(timer);
    if (!isBuilding) timer = setTimeout(build, CALM_MS);
  };
  const build = () => {
    const what = wanted;
    if (what === undefined || stopping.aborted) return;
    wanted = undefined;
    isBuilding = true;
    run(stack, 'build', [join(DIST, 'dev', 'build', 'main.js'), '--reload'], note).once('close', (code) => {
      isBuilding = false;
      if (stopping.aborted) return;
      if (code === 0) changed(what);
      if (wanted) want(wanted);
    });
  };

  const typescript = dirname(createRequire(__filename).resolve('typescript/package.json'));
  const project = join(ROOT, 'tsconfig.build.json');
  const args = [join(typescript, 'bin', 'tsc'), '-p', project, '--sourceMap', '--watch', '--preserveWatchOutput'];
  let isFirst = true;
  run(stack, 'compiler', args, (line) => {
    const errors = errorsIn(line);
    if (errors === undefined) {
      if (/: error TS\d+:/.test(line)) note(line);
      return;
    }
    if (errors > 0) note(`The code does not compile (errors: ${errors}); what runs stays as it is.`);
    else if (!isFirst) want('code');
    isFirst = false;
  });

  const page = watch(join(ROOT, 'web'), { recursive: true }, () => want('page'));
  const scripts = watch(join(ROOT, 'src', 'stream'), (_, file) => file?.endsWith('.lua') && want('code'));
  stopping.addEventListener('abort', () => {
    clearTimeout(timer);
    page.close();
    scripts.close();
  });
}

/** How many errors a round of the compiler has found; undefined for any other line. */
export function errorsIn(line: string): number | undefined {
  const found = /Found (\d+) errors?\. Watching/.exec(line)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Detached, so that Ctrl-C reaches the main process only; the stack ends it then, and the reaper if that process was killed. */
function run(stack: Stack, name: string, args: readonly string[], take: (line: string) => void) {
  const child = spawn(process.execPath, [...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: childEnv(process.env, 'own'),
  });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', take);
  child.on('error', (error) => take(error.message));
  if (child.pid !== undefined) stack.adopt(child.pid, name);
  return child;
}
