import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project-root';

/** The file with the hashes of all packages. */
const LOCKED = join('dev', 'stack', 'requirements.txt');

/**
 * The lines of a requirements file for pip, with the allowed hashes of the files of these packages. Throws for a
 * package without a hash: a package that nobody has examined is not installed.
 */
export function lockedRequirements(requirements: readonly string[]): string {
  // A requirement continues after a line that ends in a backslash.
  const locked = readFileSync(join(projectRoot(), LOCKED), 'utf8').split(/(?<!\\)\n/);
  return requirements
    .map((requirement) => {
      const entry = locked.find((line) => line.startsWith(`${requirement} \\\n`));
      if (!entry?.includes('--hash=sha256:')) throw new Error(`${LOCKED} has no hash of ${requirement}`);
      return `${entry}\n`;
    })
    .join('');
}
