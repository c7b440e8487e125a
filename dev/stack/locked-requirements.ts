import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project-root';

/** Where the hashes of all packages are. */
const LOCKED = join('dev', 'stack', 'requirements.txt');

/**
 * The lines of a requirements file for pip with the hashes that the files of these packages may have. Throws for one that
 * has none: a package that nobody has looked at is not installed.
 */
export function lockedRequirements(requirements: readonly string[]): string {
  // A requirement goes on where its line ends in a backslash.
  const locked = readFileSync(join(projectRoot(), LOCKED), 'utf8').split(/(?<!\\)\n/);
  return requirements
    .map((requirement) => {
      const entry = locked.find((line) => line.startsWith(`${requirement} \\\n`));
      if (!entry?.includes('--hash=sha256:')) throw new Error(`${LOCKED} has no hash of ${requirement}`);
      return `${entry}\n`;
    })
    .join('');
}
