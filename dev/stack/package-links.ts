import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { messageOf, StackError } from './stack-error';

/**
 * Makes the links between the libraries of npm's package of Postgres. A script of the package makes them, unless npm
 * runs without scripts (--ignore-scripts). Existing links stay. Throws `StackError`.
 */
export function makePackageLinks(packageDir: string): void {
  const list = join(packageDir, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const [file, link] = [join(packageDir, source), join(packageDir, target)];
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), file), link);
    } catch (error) {
      // Another start was faster.
      if ((error as { code?: string }).code === 'EEXIST') continue;
      throw new StackError(
        `The package of Postgres lacks its links, and they cannot be made: ${messageOf(error)}`,
        'Run npm ci --ignore-scripts=false, put postgres and initdb on PATH, or set DATABASE_URL',
      );
    }
  }
}
