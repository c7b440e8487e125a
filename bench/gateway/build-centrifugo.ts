import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '../../dev/stack/run-to-end';
import { WITH_US } from './servers';

const VERSION = '6.9.1';
const MODULE = `github.com/centrifugal/centrifugo/v6@v${VERSION}`;
const BOUND_MS = 20 * 60_000;
/** Go's own archive is unpacked here, and not every shell has it on its PATH. */
const GO_ITSELF = '/usr/local/go/bin';

/**
 * Builds Centrifugo's program from the Go module proxy with the machine's own Go, once: it is in `toolsDir` whole or
 * not at all. Modules and caches are in the folder `scratch` during the build. Resolves with the reason if it failed.
 */
export async function buildCentrifugo(
  toolsDir: string,
  scratch: string,
  note: (line: string) => void,
): Promise<{ readonly program: string } | { readonly missing: string }> {
  const program = join(toolsDir, `centrifugo-${VERSION}`);
  if (existsSync(program)) return { program };
  const folder = join(scratch, 'build-centrifugo');
  const { PATH = '', GOFLAGS = '' } = process.env;
  const env = {
    ...process.env,
    PATH: `${PATH}:${GO_ITSELF}`,
    GOBIN: join(folder, 'bin'),
    GOPATH: join(folder, 'modules'),
    GOCACHE: join(folder, 'cache'),
    // Else the folder of modules cannot be removed.
    GOFLAGS: `${GOFLAGS} -modcacherw`.trim(),
  };
  if (spawnSync('go', ['version'], { env }).status !== 0) return { missing: 'this machine has no go' };
  note(`building Centrifugo ${VERSION}, which takes minutes …`);
  const [first = '', ...args] = [...WITH_US, 'go', 'install', MODULE];
  const { exitCode, output } = await runToEnd(first, args, { env, boundMs: BOUND_MS });
  try {
    if (exitCode !== 0) return { missing: `go could not build it: ${output.trim().split('\n').at(-1) ?? exitCode}` };
    const partial = `${program}.partial-${process.pid}`;
    mkdirSync(toolsDir, { recursive: true });
    copyFileSync(join(env.GOBIN, 'centrifugo'), partial);
    renameSync(partial, program);
    return { program };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
