import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** All files in the folder and below whose name matches, as full paths. */
export function filesBelow(folder: string, name: string | RegExp): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && (typeof name === 'string' ? entry.name === name : name.test(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name));
}
