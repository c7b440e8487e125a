/**
 * Compiles everything; plain JavaScript, because nothing is compiled before it. If the compiler is missing, it prints
 * how to install it.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
// A shell's variables for other Node programs do not concern us; dev/child-env.ts knows more, but it is not compiled
// yet.
const { PATH, HOME, LD_LIBRARY_PATH } = process.env;
const env = Object.fromEntries(
  Object.entries({ PATH, HOME, LD_LIBRARY_PATH }).filter(([, value]) => value !== undefined),
);

function run(program, ...args) {
  const { status } = spawnSync(process.execPath, [program, ...args], { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

let compiler;
try {
  compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
} catch {
  process.stderr.write(
    'The compiler is not installed, because npm installed without development packages (omit=dev, or ' +
      'NODE_ENV=production): run npm ci --include=dev\n',
  );
  process.exit(1);
}
// `npm run dev` adds source maps, for a debugger, and has open pages load themselves again.
const isDev = process.argv.includes('--dev');
// In build mode the compiler has nothing to load if no file has changed. With more room for what is new in memory it takes
// a tenth less.
run('--max-semi-space-size=128', compiler, '-b', 'tsconfig.build.json', ...(isDev ? ['--sourceMap'] : []));
run(join('dist', 'dev', 'build', 'main.js'), ...(isDev ? ['--reload'] : []));
