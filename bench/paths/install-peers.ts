import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runToEnd } from '../../dev/stack/run-to-end';

/** The folder of the peers' own package: modules, lock file, and the installed packages. */
export const peersFolder = resolve(__dirname, '..', '..', '..', 'bench', 'peers');

const BOUND_MS = 15 * 60_000;
let installed: Promise<void> | undefined;

/** Installs the packages of bench/peers' lock file, unless exactly these are installed. It runs once in a process. */
export function installPeers(report: (line: string) => void): Promise<void> {
  return (installed ??= install(report));
}

async function install(report: (line: string) => void): Promise<void> {
  const wanted = createHash('sha256')
    .update(readFileSync(join(peersFolder, 'package-lock.json')))
    .digest('hex');
  // Written last, so that an interrupted installation is made again.
  const mark = join(peersFolder, 'node_modules', '.installed');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  report('installing the peers of the benchmark …');
  const { exitCode, output, notFound } = await runToEnd(
    'npm',
    ['ci', '--prefix', peersFolder, '--no-audit', '--no-fund', '--loglevel=error'],
    { env: process.env, boundMs: BOUND_MS },
  );
  if (exitCode !== 0) {
    // npm prints the cause first and its usage at the end.
    const lines = output.trim().split('\n').slice(0, 8).join('\n');
    throw new Error(
      `The peers of the benchmark could not be installed${notFound ? ': npm was not found' : ''}. ` +
        `Look at the network and at npm's configuration, or run by hand: npm ci --prefix bench/peers\n${lines}`,
    );
  }
  writeFileSync(mark, wanted);
}
