import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const projectRoot = resolve(__dirname, '..', '..');

const MADE = new Set(['node_modules', 'dist', '.storyreel', '.git']);

export function projectFile(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** Every file below a folder of the project that a person wrote, by its path in the project. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return MADE.has(entry.name) ? [] : filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}
