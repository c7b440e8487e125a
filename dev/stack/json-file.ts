import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** The content of the file, or undefined if it is missing or damaged. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Replaces the file in one step, so that a kill in the middle leaves the old or the new content. */
export function writeJson(file: string, value: unknown, mode = 0o644): void {
  const half = `${file}.${process.pid}.half`;
  writeFileSync(half, `${JSON.stringify(value, null, 2)}\n`, { mode });
  renameSync(half, file);
}
