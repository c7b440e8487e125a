import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '../../dev/stack/run-to-end';

const VERSION = '6.9.1';
const MODULE = `github.com/centrifugal/centrifugo/v6@v${VERSION}`;
const BOUND_MS = 20 * 60_000;
/** Go's own archive is unpacked here, and not every shell has it on its PATH. */
const GO_ITSELF = '/usr/local/go/bin';

/**
 * Builds Centrifugo from the Go module proxy with the machine's own Go, once: its folder appears whole or not at all.
 * Modules and caches of the build are removed after it. Resolves with the reason if it could not be built.
 */
export async function buildCentrifugo(
  toolsDir: string,
  note: (line: string) => void,
): Promise<{ readonly program: string } | { readonly missing: string }> {
  const target = join(toolsDir, `centrifugo-${VERSION}`);
  const program = join(target, 'centrifugo');
  if (existsSync(program)) return { program };
  const partial = `${target}.partial-${process.pid}`;
  const [bin, caches] = [join(partial, 'bin'), join(partial, 'caches')];
  const { PATH = '', GOFLAGS = '' } = process.env;
  const env = {
    ...process.env,
    PATH: `${PATH}:${GO_ITSELF}`,
    GOBIN: bin,
    GOPATH: caches,
    GOCACHE: join(caches, 'build'),
    // Else the folder of modules cannot be removed.
    GOFLAGS: `${GOFLAGS} -modcacherw`.trim(),
  };
  try {
    mkdirSync(bin, { recursive: true });
    note(`building Centrifugo ${VERSION}, which takes minutes …`);
    const { exitCode, output, notFound } = await runToEnd('go', ['install', MODULE], { env, boundMs: BOUND_MS });
    if (notFound) return { missing: 'this machine has no go' };
    if (exitCode !== 0) return { missing: `go could not build it: ${output.trim().split('\n').at(-1) ?? exitCode}` };
    renameSync(bin, target);
    return { program };
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
